import type pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { readActivity } from '../../../src/pool/activity.ts';
import { Lifeline } from '../../../src/pool/lifeline.ts';
import { type BackendIdentity, findBackend } from '../../../src/pool/sessions.ts';
import { cancelQuery, terminateBackend } from '../../../src/remedies/executors/postgres.ts';
import { begin, fill, makeRole, pidOf, until } from '../../pool/crowd.ts';
import { makeLeastRole } from '../../support/least-role.ts';
import { connect, type TestPostgres, testPostgres } from '../../support/postgres.ts';

let server: TestPostgres;
let app: string;
let doctor: Lifeline;
const lifelines: Lifeline[] = [];
const clients: pg.Client[] = [];

beforeAll(async () => {
  server = await testPostgres({
    maxConnections: 12,
    flags: ['-c', 'wal_level=replica', '-c', 'max_wal_senders=2'],
  });
  app = await makeRole(server, 'app');
  await makeLeastRole(await server.admin(), 'doctor');
  await makeRole(server, 'watcher', ['pg_monitor']);
  await makeRole(server, 'stranger');
  doctor = await lifelineAs('doctor');
});
afterAll(async () => {
  for (const lifeline of lifelines) await lifeline.close();
  await server.stop();
});
afterEach(async () => {
  for (const lifeline of lifelines.splice(1)) await lifeline.close();
  for (const client of clients.splice(0)) await client.end().catch(() => {});
  await until(async () => (await readActivity(doctor)).byUser.every(({ name }) => name === 'lifeguard'));
});

async function lifelineAs(user: string): Promise<Lifeline> {
  const lifeline = new Lifeline({ url: server.urlFor({ user, password: 'pw' }) });
  lifelines.push(lifeline);
  await lifeline.start();
  return lifeline;
}

async function client(url = app): Promise<pg.Client> {
  const opened = await connect(url);
  clients.push(opened);
  return opened;
}

/** Which backend `of` is, as a preview would have shown it. */
async function identityOf(of: pg.Client): Promise<BackendIdentity> {
  return identify(await pidOf(of));
}

async function identify(pid: number): Promise<BackendIdentity> {
  const found = await findBackend(doctor, pid);
  return { pid, backendStart: found?.backendStart ?? '' };
}

const isThere = async ({ pid }: BackendIdentity) => (await findBackend(doctor, pid)) !== undefined;

test('the backend that was meant is gone when the answer comes, also with every slot taken', async () => {
  clients.push(...(await fill(app)));
  const [victim] = clients;
  if (victim === undefined) throw new Error('no client got in');
  const identity = await identityOf(victim);
  const result = await terminateBackend(doctor, identity);
  expect(result).toMatchObject({ outcome: 'terminated' });
  expect(await isThere(identity)).toBe(false);
  expect(result.ms).toBeLessThan(2_000);
  await client();
});

test('a second run finds it gone and does nothing', async () => {
  const identity = await identityOf(await client());
  await terminateBackend(doctor, identity);
  expect(await terminateBackend(doctor, identity)).toMatchObject({ outcome: 'gone' });
});

test('a pid that belongs to another backend now is left alone, be it by a microsecond', async () => {
  const identity = await identityOf(await client());
  const micros = identity.backendStart.slice(-7, -1);
  const other = `${String((Number(micros) + 1) % 1_000_000).padStart(6, '0')}Z`;
  const stale = { ...identity, backendStart: identity.backendStart.slice(0, -7) + other };
  expect(await terminateBackend(doctor, stale)).toMatchObject({ outcome: 'moved_on' });
  expect(await isThere(identity)).toBe(true);
});

test('a role without pg_signal_backend is refused with the grant that mends it', async () => {
  const watcher = await lifelineAs('watcher');
  const identity = await identityOf(await client());
  const result = await terminateBackend(watcher, identity);
  expect(result).toMatchObject({
    outcome: 'refused',
    detail: expect.stringContaining('grant pg_signal_backend to "watcher";'),
  });
  expect(await isThere(identity)).toBe(true);
});

test('a role without pg_monitor is refused: it cannot tell one backend from another', async () => {
  const stranger = await lifelineAs('stranger');
  const identity = await identityOf(await client());
  expect(await terminateBackend(stranger, identity)).toMatchObject({
    outcome: 'refused',
    detail: expect.stringContaining('grant pg_monitor to "stranger";'),
  });
});

test('a superuser’s backend is refused, also to a superuser', async () => {
  const superuser = await client(server.url);
  const identity = await identityOf(superuser);
  expect(await terminateBackend(doctor, identity)).toMatchObject({
    outcome: 'refused',
    detail: expect.stringContaining('only a superuser may end it'),
  });
  const root = new Lifeline({ url: server.url });
  lifelines.push(root);
  await root.start();
  expect(await terminateBackend(root, identity)).toMatchObject({
    outcome: 'refused',
    detail: expect.stringContaining('belongs to the superuser'),
  });
  expect(await isThere(identity)).toBe(true);
});

test('our own connection, another Lifeguard’s and the server’s processes are never ended', async () => {
  const root = new Lifeline({ url: server.url });
  lifelines.push(root);
  await root.start();
  const [own] = await root.query('select pg_backend_pid() as pid');
  const [theirs] = await doctor.query('select pg_backend_pid() as pid');
  const { rows } = await (await server.admin()).query(
    "select pid from pg_stat_activity where backend_type in ('checkpointer', 'walwriter', 'background writer')",
  );
  const pids = [own?.pid, theirs?.pid, ...rows.map((row) => row.pid)].map(Number);
  expect(pids).toHaveLength(5);
  for (const pid of pids) {
    const identity = await identify(pid);
    expect(await terminateBackend(root, identity)).toMatchObject({ outcome: 'refused' });
    expect(await isThere(identity)).toBe(true);
  }
});

test('a walsender is never ended', async () => {
  await (await server.admin()).query("create role replica login replication password 'pw'");
  const url = new URL(server.urlFor({ user: 'replica', password: 'pw' }));
  url.searchParams.set('replication', 'database');
  const replica = await client(url.href);
  const identity = await identify((replica as unknown as { processID: number }).processID);
  expect(await findBackend(doctor, identity.pid)).toMatchObject({ isReplication: true });
  expect(await terminateBackend(doctor, identity)).toMatchObject({
    outcome: 'refused',
    detail: expect.stringContaining('replication'),
  });
  expect(await isThere(identity)).toBe(true);
});

test('a backend that does not react in time is reported as still there', async () => {
  const identity = await identityOf(await client());
  process.kill(identity.pid, 'SIGSTOP');
  try {
    expect(await terminateBackend(doctor, identity, { waitMs: 50 })).toMatchObject({
      outcome: 'still_there',
    });
  } finally {
    process.kill(identity.pid, 'SIGCONT');
  }
});

/** Which query `of` is at. */
async function runningQuery(of: pg.Client, sql: string): Promise<BackendIdentity & { queryStart: string }> {
  const pid = await pidOf(of);
  begin(of, sql);
  await until(async () => {
    const now = await findBackend(doctor, pid);
    return now?.state === 'active' && now.waitEvent === 'PgSleep';
  });
  const found = await findBackend(doctor, pid);
  return { pid, backendStart: found?.backendStart ?? '', queryStart: found?.queryStart ?? '' };
}

test('a query is cancelled and its connection goes on', async () => {
  const worker = await client();
  const query = await runningQuery(worker, 'select pg_sleep(20)');
  expect(await cancelQuery(doctor, query)).toMatchObject({ outcome: 'cancelled' });
  expect(await pidOf(worker)).toBe(query.pid);
});

test('a query that has made way for another is left alone, and so is an idle connection', async () => {
  const worker = await client();
  const first = await runningQuery(worker, 'select pg_sleep(0.05)');
  const second = await runningQuery(worker, 'select pg_sleep(0.5)');
  expect(await cancelQuery(doctor, first)).toMatchObject({ outcome: 'moved_on' });
  expect(await findBackend(doctor, second.pid)).toMatchObject({
    state: 'active',
    queryStart: second.queryStart,
  });
  await pidOf(worker);
  expect(await cancelQuery(doctor, second)).toMatchObject({ outcome: 'moved_on' });
});

test('a pool that is down is an error, so that the kill is tried again', async () => {
  const identity = await identityOf(await client());
  const down = new Lifeline({ url: 'postgres://127.0.0.1:1/none' });
  lifelines.push(down);
  await down.start();
  await expect(terminateBackend(down, identity)).rejects.toMatchObject({
    name: 'LifelineError',
    reason: 'down',
  });
});
