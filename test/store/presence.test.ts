import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Presence } from '../../src/store/presence.ts';
import { eventually } from '../support/lifeguard.ts';
import { type TestStore, testStore } from './fixture.ts';

const LOOK_EVERY_MS = 20;
const ABSENT_AFTER_MS = 150;

let db: TestStore;
const here: Presence[] = [];

beforeAll(async () => {
  db = await testStore();
  await db.query(`
    insert into incidents (id, key, kind, status, seq, state, opened_at)
    values ('inc-1', 'pool:orders', 'incident', 'open', 1, '{}', now())`);
});

afterEach(async () => {
  await Promise.all(here.splice(0).map((presence) => presence.stop()));
  await db.query('delete from effects');
});

afterAll(() => db.close());

/** A runner that is there, and shortens what dead ones have claimed. */
async function present(name: string): Promise<Presence> {
  const presence = new Presence({
    url: db.url,
    name,
    onError: () => undefined,
    lookEveryMs: LOOK_EVERY_MS,
    absentAfterMs: ABSENT_AFTER_MS,
  });
  here.push(presence);
  await presence.start();
  return presence;
}

async function claimedBy(runner: string): Promise<void> {
  await db.query(
    `insert into effects (id, incident, kind, payload, due, created_at)
     values ('e1', 'inc-1', 'timer', '{}', clock_timestamp(), clock_timestamp())`,
  );
  expect(await db.outbox.claim('e1', runner)).toBeDefined();
}

async function isFree(): Promise<true | undefined> {
  return (await db.outbox.owed(10)).length === 1 ? true : undefined;
}

test('what a runner that died had claimed is free again long before its lease runs out', async () => {
  const dying = await present('dying');
  await claimedBy('dying');
  await present('other');
  await dying.stop();
  await eventually(isFree, 'the claim is free', 3_000);
});

test('what a dead runner had claimed is free soon, though whoever noticed died as well', async () => {
  await claimedBy('never seen');
  const noticing = await present('noticing');
  await noticing.stop();
  await eventually(isFree, 'the claim is free', 3_000);
});

test('what a living runner has claimed stays its own', async () => {
  await present('living');
  await claimedBy('living');
  await present('other');
  await new Promise((resolve) => setTimeout(resolve, 3 * ABSENT_AFTER_MS));
  expect(await isFree()).toBeUndefined();
});

test('a runner whose connection broke takes its place again before anyone takes its work', async () => {
  await present('living');
  await claimedBy('living');
  await present('other');
  const renewing = setInterval(() => void db.outbox.renew(['e1'], 'living'), ABSENT_AFTER_MS / 3);
  onTestFinished(() => clearInterval(renewing));
  await db.query(
    `select pg_terminate_backend(pid) from pg_locks
      where locktype = 'advisory' and classid = 7205
        and objid::bigint = hashtext('living')::bigint & 4294967295`,
  );
  await new Promise((resolve) => setTimeout(resolve, 3 * ABSENT_AFTER_MS));
  expect(await isFree()).toBeUndefined();
});
