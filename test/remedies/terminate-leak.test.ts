import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Lifeline } from '../../src/pool/lifeline.ts';
import { previewOf, remedyFor, type Wish } from '../../src/remedies/registry.ts';
import { makeRole } from '../pool/crowd.ts';
import { connect } from '../support/postgres.ts';
import { type House, planOf, startHouse } from './house.ts';

let house: House;
let app: string;
let count = 0;
beforeAll(async () => {
  house = await startHouse();
});
afterAll(() => house?.stop());
beforeEach(() => {
  app = `shop-${++count}`;
});

const NOW = new Date('2026-03-02T03:00:00.000Z');
const LEAK = 'select ?';
const wish = (): Wish => ({ action: 'terminate_leak', application: app, lastStatement: LEAK });
const preview = (lifeline: Lifeline = house.doctor) => previewOf(lifeline, wish(), NOW);

/** A session that began a transaction, asked something and never gave the connection back. */
async function leaked() {
  const client = await house.app(app);
  await client.query('begin');
  await client.query("select 'secret'");
  return client;
}

/** Leaks of an age that counts. */
async function leaks(n: number) {
  const clients = await Promise.all(Array.from({ length: n }, leaked));
  await sleep(1_050);
  return clients;
}

const lives = async (client: Awaited<ReturnType<typeof leaked>>) =>
  client.query('select 1').then(
    () => true,
    () => false,
  );

test('ends exactly the sessions that were shown, and none that came, or went on, since', async () => {
  const [first, second, busyAgain] = await leaks(3);
  const other = await house.app(app);
  await other.query('begin; select 1, 2');
  const idle = await house.app(app);
  const plan = planOf(await preview());
  const { pid } = await house.see(first as never);
  expect(plan.preview).toMatchObject({ title: `Terminate 3 leaked sessions (${app})`, query: LEAK });
  expect(plan.preview.rows?.join('\n')).toContain(`${pid} (`);
  expect(JSON.stringify(plan)).not.toContain('secret');
  await busyAgain?.query("select 'secret'");
  const later = await leaked();
  await sleep(1_050);

  const remedy = remedyFor(plan);
  expect(await remedy?.recheck(house.doctor, NOW)).toBeUndefined();
  expect(await remedy?.execute(house.doctor, false)).toMatchObject({
    outcome: 'done',
    detail: '2 of 3 sessions have ended; 1 had moved on or ended before and were left alone',
  });
  expect(await Promise.all([first, second].map((one) => lives(one as never)))).toEqual([false, false]);
  for (const client of [busyAgain, later, other, idle]) expect(await lives(client as never)).toBe(true);
});

test('a leak that dissolved since is left alone and said to have', async () => {
  const [client] = await leaks(1);
  const plan = planOf(await preview());
  await client?.query('rollback');
  const remedy = remedyFor(plan);
  expect(await remedy?.recheck(house.doctor, NOW)).toEqual({
    outcome: 'nothing_to_do',
    detail: expect.stringContaining('idle in transaction after that statement any more'),
  });
  expect(await remedy?.execute(house.doctor, false)).toMatchObject({ outcome: 'nothing_to_do' });
  expect(await lives(client as never)).toBe(true);
});

test('a new leak in place of the approved one is not what was approved', async () => {
  const [client] = await leaks(1);
  const plan = planOf(await preview());
  await client?.end();
  const [newer] = await leaks(1);
  expect(await remedyFor(plan)?.recheck(house.doctor, NOW)).toEqual({
    outcome: 'nothing_to_do',
    detail: expect.stringContaining('not there any more as it was shown'),
  });
  expect(await lives(newer as never)).toBe(true);
});

test('a run after a crash finds them gone, and that is what the first was for', async () => {
  await leaks(2);
  const remedy = remedyFor(planOf(await preview()));
  expect(await remedy?.execute(house.doctor, false)).toMatchObject({ outcome: 'done' });
  expect(await remedy?.execute(house.doctor, true)).toMatchObject({ outcome: 'done' });
});

test('a run after a crash tells those that are gone from those that moved on, and ends none of these', async () => {
  const [gone, movedOn] = await leaks(2);
  const remedy = remedyFor(planOf(await preview()));
  await movedOn?.query('select 1, 2');
  expect(await remedy?.execute(house.doctor, false)).toMatchObject({ outcome: 'done' });
  expect(await lives(gone as never)).toBe(false);
  expect(await remedy?.execute(house.doctor, true)).toMatchObject({
    outcome: 'done',
    detail: expect.stringContaining('1 of 2 sessions are gone, 1 had moved on and were left alone'),
  });
  expect(await lives(movedOn as never)).toBe(true);
});

test('a run after a crash that finds all of them at work did nothing, and says so', async () => {
  const [movedOn] = await leaks(1);
  const remedy = remedyFor(planOf(await preview()));
  await movedOn?.query('select 1, 2');
  expect(await remedy?.execute(house.doctor, true)).toMatchObject({ outcome: 'nothing_to_do' });
  expect(await lives(movedOn as never)).toBe(true);
});

test('without the grant it is refused with the statement that mends it, also when forced', async () => {
  const [client] = await leaks(1);
  const plan = planOf(await preview());
  const watcher = await house.lifelineAs(await makeRole(house.server, 'leak_watcher', ['pg_monitor']));
  const refused = expect.stringContaining('grant pg_signal_backend to "leak_watcher";');
  expect(await preview(watcher)).toEqual({ refused, protected: true });
  expect(await remedyFor(plan)?.execute(watcher, false)).toMatchObject({
    outcome: 'refused',
    detail: refused,
  });
  expect(await lives(client as never)).toBe(true);
});

test('a superuser’s session is no part of a leak, even to a superuser', async () => {
  const url = new URL(house.server.url);
  url.searchParams.set('application_name', app);
  const boss = await connect(url.href);
  const root = await house.lifelineAs(house.server.url);
  try {
    await boss.query('begin');
    await boss.query('select 1');
    await sleep(1_050);
    expect(await preview(root)).toEqual({
      refused: expect.stringContaining('belongs to the superuser'),
      protected: true,
    });
    const { rows } = await (await house.server.admin()).query(
      `select pid, backend_start::text, query_start::text from pg_stat_activity where application_name = $1`,
      [app],
    );
    const forced = remedyFor({
      action: 'terminate_leak',
      target: {
        kind: 'leak',
        application: app,
        lastStatement: LEAK,
        backends: rows.map((row) => ({
          pid: row.pid,
          backendStart: row.backend_start,
          queryStart: row.query_start,
        })),
      },
    });
    await forced?.execute(root, false);
    expect((await boss.query('select 1')).rowCount).toBe(1);
  } finally {
    await boss.end();
  }
});
