import { expect, onTestFinished, test } from 'vitest';
import { createCallWatch } from '../../src/observe/calls.ts';
import { openTelemetry } from '../../src/observe/opentelemetry.ts';
import { currentScope, inScope } from '../../src/observe/scope.ts';
import { NO_TRACING, type Tracing } from '../../src/observe/tracing.ts';
import { startCollector } from '../support/collector.ts';
import { freePort } from '../support/daemon.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

async function works() {
  const collector = await startCollector();
  onTestFinished(() => collector.stop());
  const tracing = openTelemetry({
    url: `${collector.url}/v1/traces`,
    headers: {},
    serviceName: 'lifeguard',
    onTrouble: (why) => {
      throw new Error(`the collector took nothing: ${why}`);
    },
  });
  return { collector, tracing };
}

const server = (tracing: Tracing, parent: string, name: string) =>
  tracing.span({ name, kind: 'server', parent }, async () => undefined);

test("a request goes on with its sender's trace; a traceparent that is none begins a trace of its own", async () => {
  const { collector, tracing } = await works();
  const good = [`00-${TRACE}-${PARENT}-01`, `00-${TRACE}-${PARENT}-03`, `cc-${TRACE}-${PARENT}-01-more`];
  const bad = [
    '',
    'x',
    `00-${TRACE}-${PARENT}-01-more`,
    `ff-${TRACE}-${PARENT}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${PARENT}`,
  ];
  for (const parent of good) await server(tracing, parent, 'good');
  for (const parent of bad) await server(tracing, parent, 'bad');
  // Whoever sends it decides whether it is sampled.
  await server(tracing, `00-${TRACE}-${PARENT}-00`, 'not sampled');
  await tracing.close();
  expect(collector.problems).toEqual([]);
  const of = (name: string) => collector.spans.filter((span) => span.name === name);
  expect(of('good').map(({ trace, parent }) => [trace, parent])).toEqual(good.map(() => [TRACE, PARENT]));
  expect(of('bad').map(({ parent }) => parent)).toEqual(bad.map(() => undefined));
  expect(new Set(of('bad').map(({ trace }) => trace)).size).toBe(bad.length);
  expect(of('not sampled')).toEqual([]);
});

test('what fails is marked by a code, goes on to its caller, and takes no words of its error along', async () => {
  const { collector, tracing } = await works();
  const failure = new RangeError('of Ann');
  const failing = tracing.span({ name: 'thrown', kind: 'internal' }, () => Promise.reject(failure));
  await expect(failing).rejects.toBe(failure);
  await tracing.span({ name: 'told', kind: 'client' }, async (span) => span.fail('503'));
  expect(await tracing.span({ name: 'fine', kind: 'client' }, async () => 42)).toBe(42);
  await tracing.close();
  expect(
    collector.spans.map(({ name, failed, attributes }) => [name, failed, attributes['error.type']]),
  ).toEqual([
    ['thrown', true, 'RangeError'],
    ['told', true, '503'],
    ['fine', false, undefined],
  ]);
  expect(collector.bodies.join()).not.toContain('Ann');
});

test('a collector that takes nothing is told of once, however much it refuses', async () => {
  const collector = await startCollector({ authorization: 'Bearer missing' });
  onTestFinished(() => collector.stop());
  const troubles: (string | undefined)[] = [];
  const tracing = openTelemetry({
    url: `${collector.url}/v1/traces`,
    headers: {},
    serviceName: 'lifeguard',
    onTrouble: (why) => void troubles.push(why),
  });
  for (let n = 0; n < 1_500; n += 1)
    await tracing.span({ name: 'work', kind: 'internal' }, async () => undefined);
  await tracing.close();
  expect(collector.problems.length).toBeGreaterThan(1);
  expect(troubles).toEqual([expect.any(String)]);
});

test('a collector that is away holds nothing up and fails nothing', async () => {
  const tracing = openTelemetry({
    url: `http://127.0.0.1:${await freePort()}/v1/traces`,
    headers: {},
    serviceName: 'lifeguard',
    onTrouble: () => undefined,
  });
  const began = performance.now();
  // More than wait for it: the rest is dropped.
  for (let n = 0; n < 3_000; n += 1) {
    expect(await tracing.span({ name: 'work', kind: 'internal' }, async () => n)).toBe(n);
  }
  expect(performance.now() - began).toBeLessThan(5_000);
  await tracing.close();
  expect(performance.now() - began).toBeLessThan(10_000);
});

test('calls are spans of what makes them, by what came of them; a probe that nothing traced makes is none', async () => {
  const { collector, tracing } = await works();
  const ends: string[] = [];
  const metrics = {
    call: (...[, call, { outcome }]: [unknown, string, { outcome: string }]) =>
      void ends.push(`${call} ${outcome}`),
  };
  const watch = createCallWatch({ metrics, tracing });
  await watch(
    'slack',
    'auth.test',
    async () => 1,
    () => ({ outcome: 'ok' }),
  );
  await tracing.span({ name: 'effect', kind: 'consumer' }, async () => {
    await watch(
      'slack',
      'chat.postMessage',
      async () => 1,
      () => ({ outcome: 'ok' }),
    );
    const refused = watch(
      'slack',
      'chat.update',
      () => Promise.reject(new Error('of Ann')),
      () => ({
        outcome: 'refused',
        code: 'is_archived',
      }),
    );
    await expect(refused).rejects.toThrow('of Ann');
  });
  await tracing.close();
  expect(ends).toEqual(['auth.test ok', 'chat.postMessage ok', 'chat.update refused']);
  const effect = collector.spans.find(({ name }) => name === 'effect');
  expect(collector.spans.filter(({ kind }) => kind === 3)).toMatchObject([
    { name: 'slack chat.postMessage', parent: effect?.id, failed: false },
    {
      name: 'slack chat.update',
      parent: effect?.id,
      failed: true,
      attributes: {
        'error.type': 'is_archived',
        'lifeguard.call.outcome': 'refused',
        'peer.service': 'slack',
      },
    },
  ]);
});

test('tracing that is off does the work where it stands', async () => {
  await inScope({ incident: 'inc-1' }, async () => {
    const scope = await NO_TRACING.span({ name: 'work', kind: 'internal' }, async (span) => {
      span.set({ a: 1 });
      span.fail('x');
      return currentScope();
    });
    expect(scope).toEqual({ incident: 'inc-1' });
  });
  await NO_TRACING.close();
});
