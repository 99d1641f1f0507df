import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Readiness } from '../../src/observe/health.ts';
import type { Timers } from '../../src/pool/timers.ts';
import { eventually, type Harness, notification, wordsOf } from '../support/lifeguard.ts';
import { ROUTING_KEYS } from '../support/pagerduty/account.ts';
import { startProxy, type TcpProxy } from '../support/proxy.ts';
import { lifeguardWith, MINUTE, quietDatabase, SECOND } from './story.ts';

// Servers are started in the test, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

/** A clock that stands until it is moved. */
class Clock implements Timers {
  #now = Date.now();
  readonly #waiting = new Map<() => void, number>();

  now(): Date {
    return new Date(this.#now);
  }

  after(ms: number, work: () => void): () => void {
    this.#waiting.set(work, this.#now + ms);
    return () => this.#waiting.delete(work);
  }

  /** Moves it on; resolves once what fell due is done and waits for its next time. */
  async pass(ms: number): Promise<void> {
    this.#now += ms;
    const before = this.#waiting.size;
    for (const [work, at] of [...this.#waiting]) {
      if (at > this.#now) continue;
      this.#waiting.delete(work);
      work();
    }
    while (this.#waiting.size < before) await setImmediate();
  }
}

/** A database behind a proxy that can be made to refuse everybody. */
async function proxied(): Promise<{ readonly url: string; readonly proxy: TcpProxy }> {
  const url = new URL(await quietDatabase());
  const proxy = await startProxy(Number(url.port));
  onTestFinished(() => proxy.close());
  url.hostname = '127.0.0.1';
  url.port = String(proxy.port);
  return { url: url.href, proxy };
}

/** Someone else's monitor. */
async function monitor(): Promise<{ readonly url: string; readonly beats: () => number }> {
  let beats = 0;
  const server = createServer((_request, response) => {
    beats += 1;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, beats: () => beats };
}

/** What was sent to PagerDuty about Lifeguard itself: action and part. */
function ownPages(lifeguard: Harness): string[] {
  return lifeguard.pagerduty.pages.map(({ action, dedupKey }) => {
    return `${action} ${dedupKey.replace(/^lifeguard-[0-9a-f]{8}-/, '')}`;
  });
}

const told = (lifeguard: Harness): string[] =>
  lifeguard
    .messages('incidents')
    .map(wordsOf)
    .flatMap((words) => /Lifeguard itself:\*?\s*([^\n]*?)(?: \[\]|$)/.exec(words)?.[1] ?? []);

const sign = () =>
  notification({
    startsAt: new Date(),
    labels: { alertname: 'Watchdog', severity: 'none' },
    fingerprint: '00000000000000aa',
  });

test('whatever Lifeguard needs may be down for a minute; then level 1 is paged about it, once, until it is back', async () => {
  const clock = new Clock();
  const [store, patient, heart] = [await proxied(), await proxied(), await monitor()];
  const logs: string[] = [];
  const lifeguard = await lifeguardWith({
    logs,
    storeUrl: store.url,
    patientUrl: patient.url,
    watchTimers: clock,
    yaml: `watchdog: { every: 1m, grace: 30s }\nheartbeat: { url: "${heart.url}", every: 1m }`,
  });
  const readiness = async (query = '') => {
    const response = await fetch(`${lifeguard.app.url}/readyz${query}`);
    const body = (await response.json()) as Readiness;
    return { status: response.status, parts: body.parts };
  };
  /** The watchdog looks every ten seconds; with `store`, the store's clock goes on as well. */
  const pass = async (ms: number, isStoreToo = false) => {
    for (let past = 0; past < ms; past += 10 * SECOND) {
      if (isStoreToo) await lifeguard.fastForward(10 * SECOND);
      await clock.pass(10 * SECOND);
    }
  };
  /** So long nothing may come of it; with the next look the page goes out. */
  const downFor = async (...expected: string[]) => {
    const before = ownPages(lifeguard).length;
    await pass(MINUTE);
    expect(ownPages(lifeguard).slice(before)).toEqual([]);
    await pass(10 * SECOND);
    expect(ownPages(lifeguard).slice(before).toSorted()).toEqual(expected);
    await pass(20 * SECOND);
    expect(ownPages(lifeguard).slice(before)).toHaveLength(expected.length);
  };
  /** Connections come back when they do: until then the looks find nothing new. */
  const backAgain = async (mend: () => unknown, ...expected: string[]) => {
    const before = ownPages(lifeguard).length;
    await mend();
    await eventually(async () => {
      await pass(10 * SECOND);
      return ownPages(lifeguard).length - before >= expected.length ? true : undefined;
    }, expected.join());
    expect(ownPages(lifeguard).slice(before).toSorted()).toEqual(expected);
  };

  // Alertmanager's always-firing alert stays away.
  await eventually(() => (heart.beats() === 1 ? true : undefined), 'the first beat');
  expect((await lifeguard.alert(sign())).status).toBe(200);
  await pass(90 * SECOND, true);
  expect(ownPages(lifeguard)).toEqual([]);
  expect(heart.beats()).toBe(2);
  await pass(10 * SECOND, true);
  expect(ownPages(lifeguard)).toEqual(['trigger alerts']);
  expect(lifeguard.pagerduty.pages[0]).toMatchObject({ routingKey: ROUTING_KEYS.L1, severity: 'critical' });
  await pass(20 * SECOND, true);
  expect(ownPages(lifeguard)).toEqual(['trigger alerts']);
  await backAgain(() => lifeguard.alert(sign()), 'resolve alerts');
  expect(lifeguard.pagerduty.incidents.map(({ status }) => status)).toEqual(['resolved']);

  // Slack. It is told nothing while it is down.
  const beats = heart.beats();
  lifeguard.slack.api.faults = () => ({ kind: 'status', status: 503 });
  await downFor('trigger slack');
  expect(heart.beats()).toBe(beats);
  expect(await readiness()).toMatchObject({ status: 503, parts: { slack: { ok: false } } });
  // A load balancer that asks so does not take out of service what still takes alerts.
  expect(await readiness('?exclude=slack&exclude=queue')).toMatchObject({ status: 200 });
  await backAgain(() => {
    lifeguard.slack.api.faults = undefined;
  }, 'resolve slack');
  await pass(MINUTE);
  expect(heart.beats()).toBeGreaterThan(beats);

  // The connection held for the pool: no reason to take no alerts.
  await patient.proxy.refuse(true);
  const isDown = () => logs.some((line) => line.includes('the connection to the pool is down'));
  await eventually(() => (isDown() ? true : undefined), 'a lifeline that is down');
  await downFor('trigger pool orders');
  expect(await readiness()).toMatchObject({ status: 200, parts: { 'pool orders': { ok: false } } });
  await backAgain(() => patient.proxy.refuse(false), 'resolve pool orders');
  // An answer is good for a while by the same clock: one from before the connection was back may be told again.
  await eventually(async () => {
    await pass(10 * SECOND);
    return (await readiness()).parts['pool orders']?.ok === true ? true : undefined;
  }, 'a pool that is named as well again');

  // The store, and the queue in it.
  const before = heart.beats();
  await store.proxy.refuse(true);
  await downFor('trigger queue', 'trigger store');
  expect((await lifeguard.alert(sign())).status).toBe(503);
  expect(heart.beats()).toBe(before);
  await backAgain(() => store.proxy.refuse(false), 'resolve queue', 'resolve store');
  await pass(MINUTE);
  expect(heart.beats()).toBeGreaterThan(before);

  const outage = (part: string) =>
    expect.stringMatching(`^${part}: .*down: .*\\. Somebody has been paged\\.$`);
  const lines = told(lifeguard);
  expect(lines.slice(0, 5)).toEqual([
    expect.stringMatching(/^alerts: Alertmanager's Watchdog alert has not come for .*has been paged\.$/),
    'alerts is well again.',
    'slack is well again.',
    outage('pool orders'),
    'pool orders is well again.',
  ]);
  expect(lines.slice(5).toSorted()).toEqual([
    'queue is well again.',
    outage('queue'),
    'store is well again.',
    outage('store'),
  ]);
});

test('two replicas on one store tell Slack once that it is down and once that it is back, and page by one key', async () => {
  const store = await proxied();
  const clocks = [new Clock(), new Clock()] as const;
  const one = await lifeguardWith({ storeUrl: store.url, watchTimers: clocks[0] });
  const { workspace } = one.slack;
  const other = await lifeguardWith({ storeUrl: store.url, watchTimers: clocks[1], slack: { workspace } });
  const pass = async (ms: number) => {
    for (let past = 0; past < ms; past += 10 * SECOND) {
      await Promise.all(clocks.map((clock) => clock.pass(10 * SECOND)));
    }
  };
  await pass(10 * SECOND);
  await store.proxy.refuse(true);
  await pass(MINUTE + 10 * SECOND);
  await store.proxy.refuse(false);
  const sent = () => [one, other].map(({ pagerduty }) => pagerduty.pages.length);
  await eventually(async () => {
    await pass(10 * SECOND);
    return sent().every((count) => count >= 4) ? true : undefined;
  }, 'that all is well again');
  const lines = told(one).map((line) => line.replace(/: .*/, ' is down').replace(/\.$/, ''));
  expect(lines.toSorted()).toEqual([
    'queue is down',
    'queue is well again',
    'store is down',
    'store is well again',
  ]);
  const keys = [one, other].map((replica) =>
    replica.pagerduty.pages.map(({ action, dedupKey }) => `${action} ${dedupKey}`),
  );
  expect(keys[0]).toHaveLength(4);
  expect(keys[0]?.toSorted()).toEqual(keys[1]?.toSorted());
});
