import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Readiness } from '../../src/observe/health.ts';
import type { Timers } from '../../src/pool/timers.ts';
import { startProxy, type TcpProxy } from '../pool/proxy.ts';
import { eventually, type Harness, notification, wordsOf } from '../support/lifeguard.ts';
import { ROUTING_KEYS } from '../support/pagerduty/account.ts';
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
  const lifeguard = await lifeguardWith({
    storeUrl: store.url,
    patientUrl: patient.url,
    watchTimers: clock,
    yaml: `watchdog: { every: 5m, grace: 1m }\nheartbeat: { url: "${heart.url}", every: 1m }`,
  });
  const readiness = async () => {
    const response = await fetch(`${lifeguard.app.url}/readyz`);
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
    await pass(MINUTE);
    expect(ownPages(lifeguard).slice(before)).toHaveLength(expected.length);
  };
  const backAgain = async (...expected: string[]) => {
    const before = ownPages(lifeguard).length;
    await pass(10 * SECOND);
    expect(ownPages(lifeguard).slice(before).toSorted()).toEqual(expected);
  };

  // Alertmanager's always-firing alert stays away.
  await eventually(() => (heart.beats() === 1 ? true : undefined), 'the first beat');
  expect((await lifeguard.alert(sign())).status).toBe(200);
  await pass(6 * MINUTE, true);
  expect(ownPages(lifeguard)).toEqual([]);
  expect(heart.beats()).toBe(7);
  await pass(10 * SECOND, true);
  expect(ownPages(lifeguard)).toEqual(['trigger alerts']);
  expect(lifeguard.pagerduty.pages[0]).toMatchObject({ routingKey: ROUTING_KEYS.L1, severity: 'critical' });
  await pass(2 * MINUTE, true);
  expect(ownPages(lifeguard)).toEqual(['trigger alerts']);
  await lifeguard.alert(sign());
  await backAgain('resolve alerts');
  expect(lifeguard.pagerduty.incidents.map(({ status }) => status)).toEqual(['resolved']);

  // Slack. It is told nothing while it is down.
  const beats = heart.beats();
  lifeguard.slack.api.faults = () => ({ kind: 'status', status: 503 });
  await downFor('trigger slack');
  expect(heart.beats()).toBe(beats);
  expect(await readiness()).toMatchObject({ status: 503, parts: { slack: { ok: false } } });
  lifeguard.slack.api.faults = undefined;
  await backAgain('resolve slack');
  await pass(MINUTE);
  expect(heart.beats()).toBe(beats + 1);

  // The connection held for the pool: no reason to take no alerts.
  const lifeline = async (ok: boolean) =>
    eventually(
      async () => {
        await clock.pass(SECOND);
        const { status, parts } = await readiness();
        return status === 200 && parts['pool orders']?.ok === ok ? true : undefined;
      },
      `a lifeline that is ${ok ? 'up' : 'down'}, and readiness`,
    );
  await patient.proxy.refuse(true);
  await lifeline(false);
  await downFor('trigger pool orders');
  await patient.proxy.refuse(false);
  await lifeline(true);
  await backAgain('resolve pool orders');

  // The store, and the queue in it.
  const before = heart.beats();
  await store.proxy.refuse(true);
  await downFor('trigger queue', 'trigger store');
  expect((await lifeguard.alert(sign())).status).toBe(503);
  expect(heart.beats()).toBe(before);
  await store.proxy.refuse(false);
  await backAgain('resolve queue', 'resolve store');
  await pass(MINUTE);
  expect(heart.beats()).toBe(before + 1);

  const outage = (part: string) =>
    expect.stringMatching(`^${part}: .*down: .*\\. Somebody has been paged\\.$`);
  const lines = told(lifeguard);
  expect(lines.slice(0, 5)).toEqual([
    expect.stringMatching(/^alerts: Alertmanager's Watchdog alert has not come for 6 min.*has been paged\.$/),
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
