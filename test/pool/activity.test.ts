import type pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Activity, longRunning, readActivity } from '../../src/pool/activity.ts';
import { Lifeline } from '../../src/pool/lifeline.ts';
import { connect, type TestPostgres, testPostgres } from '../support/postgres.ts';
import { begin, fill, makeRole, pidOf, until } from './crowd.ts';

let server: TestPostgres;
let app: string;
const open: Lifeline[] = [];
const crowd: pg.Client[] = [];

beforeAll(async () => {
  server = await testPostgres({ maxConnections: 15, flags: ['-c', 'compute_query_id=on'] });
  app = await makeRole(server, 'app');
  await makeRole(server, 'doctor', ['pg_monitor']);
  await makeRole(server, 'stranger');
  await (await server.admin()).query('create database other');
});
afterAll(() => server.stop());
afterEach(async () => {
  for (const lifeline of open.splice(0)) await lifeline.close();
  for (const client of crowd.splice(0)) await client.end().catch(() => {});
  const admin = await server.admin();
  await until(
    async () =>
      (await admin.query("select 1 from pg_stat_activity where usename <> 'lifeguard'")).rowCount === 0,
  );
});

async function lifelineAs(user: string): Promise<Lifeline> {
  const lifeline = new Lifeline({ url: server.urlFor({ user, password: 'pw' }) });
  open.push(lifeline);
  await lifeline.start();
  return lifeline;
}

async function client(parts: Parameters<TestPostgres['urlFor']>[0] = {}): Promise<pg.Client> {
  const opened = await connect(server.urlFor({ user: 'app', password: 'pw', ...parts }));
  crowd.push(opened);
  return opened;
}

/** Reads until what was just begun shows. */
async function activityWhen(
  lifeline: Lifeline,
  condition: (activity: Activity) => boolean,
): Promise<Activity> {
  let activity = await readActivity(lifeline);
  await until(async () => {
    activity = await readActivity(lifeline);
    return condition(activity);
  });
  return activity;
}

test('sessions are counted by state, application, user and database over the whole server', async () => {
  await server.admin();
  const lifeline = await lifelineAs('doctor');
  await client({ application: 'catalytic-api' });
  const leak = await client({ application: 'catalytic-api' });
  await leak.query('begin');
  const broken = await client({ application: 'catalytic-api', database: 'other' });
  await broken.query('begin');
  await broken.query('select nonsense').catch(() => {});
  begin(await client({ application: 'worker' }), 'select pg_sleep(0.5)');
  const activity = await activityWhen(lifeline, ({ byState }) => byState.active === 1);
  expect(activity.byState).toEqual({
    active: 1,
    idle: 2,
    'idle in transaction': 1,
    'idle in transaction (aborted)': 1,
    'fastpath function call': 0,
    disabled: 0,
    starting: 0,
    unknown: 0,
  });
  expect(activity.byApplication).toEqual([
    { name: 'catalytic-api', total: 3, active: 0, idle: 1, idleInTransaction: 2 },
    { name: '', total: 1, active: 0, idle: 1, idleInTransaction: 0 },
    { name: 'worker', total: 1, active: 1, idle: 0, idleInTransaction: 0 },
  ]);
  expect(activity.byUser.map(({ name, total }) => [name, total])).toEqual([
    ['app', 4],
    ['lifeguard', 1],
  ]);
  expect(activity.byDatabase.map(({ name, total }) => [name, total])).toEqual([
    ['lifeguard', 4],
    ['other', 1],
  ]);
  expect(activity.hidden).toBeNull();
});

test('background processes take no slot, our own connection does', async () => {
  await server.admin();
  const lifeline = await lifelineAs('doctor');
  const activity = await readActivity(lifeline);
  expect(activity).toMatchObject({
    maxConnections: 15,
    superuserReserved: 3,
    reserved: 0,
    usable: 12,
    used: 2,
  });
  expect(activity.utilisation).toBeCloseTo((2 / 12) * 100);
  expect(activity.sessions.map(({ user }) => user)).toEqual(['lifeguard']);
  const { rows } = await (await server.admin()).query('select count(*)::int as n from pg_stat_activity');
  expect(rows[0].n).toBeGreaterThan(activity.used);
});

test('utilisation is 100 when ordinary roles can have no more', async () => {
  const lifeline = await lifelineAs('doctor');
  crowd.push(...(await fill(app)));
  expect((await readActivity(lifeline)).utilisation).toBe(100);
});

test('a session is shown with exact moments, ages on the server’s clock and a masked query', async () => {
  const lifeline = await lifelineAs('doctor');
  const waiter = await client({ application: 'catalytic-api' });
  const pid = await pidOf(waiter);
  begin(waiter, "begin; select pg_sleep(0.5), 'top secret', 4711 -- token 99");
  const activity = await activityWhen(lifeline, ({ byState }) => byState.active === 1);
  const session = activity.sessions.find((one) => one.pid === pid);
  const { rows } = await (await server.admin()).query(
    'select backend_start::text, query_start::text, query_id::text from pg_stat_activity where pid = $1',
    [pid],
  );
  expect(session).toMatchObject({
    application: 'catalytic-api',
    user: 'app',
    database: 'lifeguard',
    client: '127.0.0.1',
    state: 'active',
    waitEventType: 'Timeout',
    waitEvent: 'PgSleep',
    query: 'begin; select pg_sleep(?), ?, …',
    queryId: rows[0].query_id,
  });
  const asIso = (text: string) => text.replace(' ', 'T').replace(/\+00$/, '');
  expect(withoutZeros(session?.backendStart)).toBe(asIso(rows[0].backend_start));
  expect(withoutZeros(session?.queryStart)).toBe(asIso(rows[0].query_start));
  expect(session?.backendStart).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  for (const age of [session?.connectedMs, session?.transactionMs, session?.queryMs, session?.stateMs]) {
    expect(age).toBeGreaterThan(0);
    expect(age).toBeLessThan(30_000);
  }
  expect(JSON.stringify(activity)).not.toMatch(/top secret|4711|token/);
});

/** PostgreSQL prints microseconds without trailing zeros. */
function withoutZeros(moment: string | null | undefined): string | undefined {
  return moment?.replace(/\.?0*Z$/, '');
}

test('a role without pg_monitor still counts everyone, and is told which grant shows the rest', async () => {
  const lifeline = await lifelineAs('stranger');
  begin(await client({ application: 'catalytic-api' }), "select pg_sleep(0.3), 'secret'");
  await client({ application: 'catalytic-api' });
  await server.admin();
  const activity = await readActivity(lifeline);
  expect(activity.used).toBe(4);
  expect(activity.byState.unknown).toBe(3);
  expect(activity.byApplication[0]).toMatchObject({ name: 'catalytic-api', total: 2 });
  expect(activity.hidden).toEqual({ sessions: 3, mend: 'grant pg_monitor to "stranger";' });
  expect(activity.sessions.map(({ backendStart, query }) => [backendStart, query])).toEqual([
    [null, ''],
    [null, ''],
    [null, ''],
  ]);
});

test('the named grant does mend it', async () => {
  const lifeline = await lifelineAs('stranger');
  await server.admin();
  const { hidden } = await readActivity(lifeline);
  await (await server.admin()).query(hidden?.mend ?? '');
  try {
    expect((await readActivity(lifeline)).hidden).toBeNull();
  } finally {
    await (await server.admin()).query('revoke pg_monitor from stranger');
  }
});

test('what runs or idles in a transaction for longer than asked is listed, longest first', async () => {
  const lifeline = await lifelineAs('doctor');
  const [first, second, leak, idle] = [await client(), await client(), await client(), await client()];
  await leak.query('begin');
  await idle.query('select 1');
  begin(first, 'select pg_sleep(0.6)');
  await activityWhen(lifeline, ({ byState }) => byState.active === 1);
  begin(second, 'select pg_sleep(0.6)');
  await activityWhen(lifeline, ({ byState }) => byState.active === 2);
  const activity = await activityWhen(
    lifeline,
    (now) => longRunning(now, { overMs: 30 }).active.length === 2,
  );
  const { active, idleInTransaction } = longRunning(activity, { overMs: 30 });
  expect(active.map(({ pid }) => pid)).toEqual([await backendPid(first), await backendPid(second)]);
  expect(idleInTransaction.map(({ pid }) => pid)).toEqual([await backendPid(leak)]);
  expect(longRunning(activity)).toEqual({ active: [], idleInTransaction: [] });
});

/** The pid a client was told at the start, without asking it while it is busy. */
async function backendPid(of: pg.Client): Promise<number> {
  return (of as unknown as { processID: number }).processID;
}
