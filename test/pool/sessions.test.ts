import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lifeline } from '../../src/pool/lifeline.ts';
import { findBackend } from '../../src/pool/sessions.ts';
import { connect, type TestPostgres, testPostgres } from '../support/postgres.ts';
import { begin, makeRole, pidOf, until } from './crowd.ts';

let server: TestPostgres;
let app: string;
const lifelines: Lifeline[] = [];
const clients: pg.Client[] = [];

beforeAll(async () => {
  server = await testPostgres({ maxConnections: 20 });
  app = await makeRole(server, 'app');
  await makeRole(server, 'doctor', ['pg_monitor', 'pg_signal_backend']);
  await makeRole(server, 'watcher', ['pg_monitor']);
  await makeRole(server, 'colleague', ['pg_monitor', 'app']);
  await makeRole(server, 'stranger');
  await (await server.admin()).query('create table t (n int); grant all on t to app');
});
afterAll(async () => {
  for (const lifeline of lifelines) await lifeline.close();
  for (const client of clients) await client.end();
  await server.stop();
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

test('a backend is shown with its state, its locks and nothing in the way', async () => {
  const lifeline = await lifelineAs('doctor');
  const [holder, waiter] = [await client(), await client()];
  const [pid, waiting] = [await pidOf(holder), await pidOf(waiter)];
  await holder.query("begin; lock table t; select 'secret'");
  begin(waiter, 'select * from t');
  await until(async () => (await findBackend(lifeline, pid))?.blocksInAll === 1);
  expect(await findBackend(lifeline, pid)).toMatchObject({
    pid,
    user: 'app',
    state: 'idle in transaction',
    backendType: 'client backend',
    query: 'begin; lock table t; select ?',
    blocks: [waiting],
    blockedBy: [],
    isSelf: false,
    isLifeguard: false,
    isSuperuser: false,
    isReplication: false,
    isBackground: false,
    canSignal: true,
    obstacle: null,
  });
  expect(await findBackend(lifeline, waiting)).toMatchObject({ waitEventType: 'Lock', blockedBy: [pid] });
  await holder.query('rollback');
});

test('a pid without a backend is not found', async () => {
  expect(await findBackend(await lifelineAs('doctor'), 1)).toBeUndefined();
});

test('our own connection and another Lifeguard’s are known as such', async () => {
  const [mine, other] = [await lifelineAs('doctor'), await lifelineAs('doctor')];
  const [own] = await mine.query('select pg_backend_pid() as pid');
  const [theirs] = await other.query('select pg_backend_pid() as pid');
  expect(await findBackend(mine, Number(own?.pid))).toMatchObject({ isSelf: true, isLifeguard: true });
  expect(await findBackend(mine, Number(theirs?.pid))).toMatchObject({
    isSelf: false,
    isLifeguard: true,
    obstacle: expect.stringContaining('of Lifeguard itself'),
  });
});

test('a process of the server is known as such', async () => {
  const lifeline = await lifelineAs('doctor');
  const { rows } = await (await server.admin()).query(
    "select pid from pg_stat_activity where backend_type = 'checkpointer'",
  );
  expect(await findBackend(lifeline, rows[0].pid)).toMatchObject({
    isBackground: true,
    obstacle: expect.stringContaining('checkpointer'),
  });
});

test('who may end whom follows PostgreSQL’s rule, and the missing grant is named', async () => {
  const target = await pidOf(await client());
  const superuser = await pidOf(await server.admin());
  const seen = async (user: string, pid: number) => {
    const found = await findBackend(await lifelineAs(user), pid);
    return [found?.canSignal, found?.obstacle];
  };
  expect(await seen('doctor', target)).toEqual([true, null]);
  expect(await seen('colleague', target)).toEqual([true, null]);
  expect(await seen('watcher', target)).toEqual([
    false,
    'role watcher may not end backends of app; mend: grant pg_signal_backend to "watcher";',
  ]);
  expect(await seen('doctor', superuser)).toEqual([
    false,
    expect.stringContaining('only a superuser may end it'),
  ]);
  expect(await seen('stranger', target)).toEqual([
    false,
    expect.stringContaining('mend: grant pg_monitor to "stranger";'),
  ]);
});
