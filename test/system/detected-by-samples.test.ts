import { expect, onTestFinished, test, vi } from 'vitest';
import { SAMPLE_EVERY_MS } from '../../src/pool/sampler.ts';
import { Samples } from '../../src/store/samples.ts';
import { Store } from '../../src/store/store.ts';
import { isParent, notification, wordsOf } from '../support/lifeguard.ts';
import { testDatabase } from '../support/postgres.ts';
import { type SickPool, sickPool } from './sick-pool.ts';
import { happened, lifeguardWith, MINUTE, now, paged, saying } from './story.ts';

// Servers are started in each test, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

/** The pool takes 9 connections of ordinary roles. */
const USABLE = 9;

/** A store that remembers samples of the time before this Lifeguard started. */
async function storeWith(used: number, forMs: number): Promise<string> {
  const database = await testDatabase({ store: true });
  onTestFinished(() => database.drop());
  const store = new Store({ url: database.url });
  const samples = new Samples(store.pool);
  const newest = Math.floor(Date.now() / SAMPLE_EVERY_MS) * SAMPLE_EVERY_MS - SAMPLE_EVERY_MS;
  for (let at = newest - forMs; at <= newest; at += SAMPLE_EVERY_MS) {
    await samples.insert('orders', {
      at: new Date(at),
      used,
      usable: USABLE,
      active: 1,
      idle: used - 1,
      idleInTransaction: 0,
    });
  }
  await store.close();
  return database.url;
}

async function watchedBy(pool: SickPool, storeUrl: string) {
  return lifeguardWith({
    patientUrl: pool.botUrl,
    storeUrl,
    poolYaml: ['detect: { above: 90, for: 5m, warn: 75 }'],
  });
}

test('a pool that stays full opens an incident without any alert, and the alert meets the same one', async () => {
  const pool = await sickPool();
  // One of the nine is the superuser's own that the test works with, one will be Lifeguard's.
  await pool.idle(USABLE - 2);
  const lifeguard = await watchedBy(pool, await storeWith(USABLE, 6 * MINUTE));
  await lifeguard.message('backend-team', isParent, 'the parent message');
  expect(await happened(lifeguard, 'IncidentOpened')).toMatchObject([
    { kind: 'incident', source: 'samples' },
  ]);
  await happened(lifeguard, 'VerdictReached');

  await lifeguard.alert(notification({ startsAt: new Date() }));
  const fired = await happened(lifeguard, 'AlertFired');
  expect(fired.map((event) => event.alert.name)).toEqual([
    'ConnectionPoolNearlyExhausted',
    'DatabaseConnectionPoolExhaustion',
  ]);
  await lifeguard.settled();
  expect(lifeguard.messages('backend-team').filter(isParent)).toHaveLength(1);
});

test('a pool that fills up is told once, with the time left, pages nobody, and gives way to the incident', async () => {
  const pool = await sickPool();
  await pool.idle(USABLE - 4);
  const lifeguard = await watchedBy(pool, await storeWith(USABLE - 2, MINUTE));
  await lifeguard.message('backend-team', isParent, 'the warning');
  await lifeguard.settled();
  expect(lifeguard.pagerduty.pages).toEqual([]);
  const [warning] = lifeguard.messages('backend-team').filter(isParent);
  expect(warning?.text).toContain('is filling up: 78 % in use (7 of 9)');

  await lifeguard.alert(notification({ startsAt: new Date() }));
  await lifeguard.message('backend-team', (one) => isParent(one) && one !== warning, 'the incident');
  await lifeguard.message(
    'backend-team',
    (one) => one.text.includes('has become an incident'),
    'the end of it',
  );
  await lifeguard.settled();
  expect(lifeguard.messages('backend-team').filter(isParent)).toHaveLength(2);
  expect(saying(lifeguard, 'backend-team', 'is filling up')).toEqual([]);
  expect(await lifeguard.app.store.openCount()).toBe(1);
});

test('a database that does not answer opens an incident of its own, titled so, and calls the level for it', async () => {
  const lifeguard = await lifeguardWith({
    // Nothing listens on this port.
    patientUrl: 'postgres://bot:bot@127.0.0.1:9/orders',
    poolYaml: ['detect: { above: 90, for: 1m }'],
    atOnce: 'database_unresponsive: 2',
    // To the first sample it has been silent for as long.
    aheadMs: 2 * MINUTE,
  });
  const parent = await lifeguard.message('backend-team', isParent, 'the parent message');
  expect((await paged(lifeguard, 2)).sort()).toEqual(['lifeguard-inc-1-L1', 'lifeguard-inc-1-L2']);
  expect(await happened(lifeguard, 'DatabaseUnresponsive')).toHaveLength(1);
  await lifeguard.settled();
  expect(wordsOf(now(lifeguard, parent))).toContain('orders: the database does not answer');
  const [note] = saying(lifeguard, 'backend-team', ':pager: The database does not answer: paging level 2');
  expect(note?.thread_ts).toBe(parent.ts);
  expect(saying(lifeguard, 'backend-team', ':electric_plug:', 'ECONNREFUSED').length).toBeGreaterThan(0);
});
