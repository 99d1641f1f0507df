import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Baselines } from '../../src/checks/baselines.ts';
import { damageIn } from '../../src/checks/damage.ts';
import { runStep } from '../../src/checks/run-step.ts';
import { Lifeline } from '../../src/pool/lifeline.ts';
import { begin, makeRole, pidOf, until } from '../pool/crowd.ts';
import { connect, type TestPostgres, testPostgres } from '../support/postgres.ts';
import { call, contextOf, POOL, prometheusOf } from './context.ts';

let server: TestPostgres;
let lifeline: Lifeline;
const crowd: pg.Client[] = [];

beforeAll(async () => {
  const flags = ['shared_preload_libraries=pg_stat_statements', 'max_prepared_transactions=5'];
  server = await testPostgres({ maxConnections: 40, flags: flags.flatMap((flag) => ['-c', flag]) });
  await makeRole(server, 'app');
  await makeRole(server, 'doctor', ['pg_monitor']);
  const admin = await server.admin();
  await admin.query(
    'create table orders (id int primary key, total int); insert into orders select i, 1 from generate_series(1, 9) i; grant select on orders to doctor; alter table orders owner to app; grant create on schema public to app',
  );
  lifeline = new Lifeline({ url: server.urlFor({ user: 'doctor', password: 'pw' }) });
  await lifeline.start();
});
afterAll(async () => {
  await lifeline.close();
  await server.stop();
});
afterEach(async () => {
  const admin = await server.admin();
  await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'");
  for (const client of crowd.splice(0)) await client.end().catch(() => {});
  await until(
    async () => (await admin.query("select 1 from pg_stat_activity where usename = 'app'")).rowCount === 0,
  );
});

async function client(application = 'catalytic-api'): Promise<pg.Client> {
  const opened = await connect(server.urlFor({ user: 'app', password: 'pw', application }));
  crowd.push(opened);
  return opened;
}

async function untilWaiting(count: number): Promise<void> {
  const admin = await server.admin();
  await until(async () => {
    const { rows } = await admin.query(
      "select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock'",
    );
    return rows[0].n === count;
  });
}

test('connections left idle in transaction are grouped by application and last statement, literals masked', async () => {
  for (let i = 0; i < 3; i += 1) {
    const leak = await client();
    await leak.query('begin');
    await leak.query("select * from orders where id = 4711 and 'secret' <> ''");
  }
  const superusers = await connect(server.urlFor({ application: 'psql' }));
  crowd.push(superusers);
  await superusers.query('begin');
  await superusers.query('select 2 + 2');
  const result = await runStep(contextOf(lifeline), [call('leaks', { in_transaction_over: '0s' })]);
  expect(result.facts.leaks?.inTransaction.map(({ oldestMs: _age, ...group }) => group)).toEqual([
    {
      application: 'catalytic-api',
      lastStatement: 'select * from orders where id = ? and ? <> ?',
      sessions: 3,
    },
    { application: 'psql', lastStatement: 'select ? + ?', sessions: 1, isProtected: true },
  ]);
  expect(result.facts.leaks?.idle).toEqual([]);
  expect(result.findings.verdict).toBe('warn');
  expect(JSON.stringify(result)).not.toMatch(/4711|secret/);
});

test('a session that sits idle beyond the recycle time looks leaked, a younger one does not', async () => {
  await (await client()).query('select 1');
  const young = await runStep(contextOf(lifeline), [call('leaks')]);
  expect(young.facts.leaks?.idle).toEqual([]);
  const config = { ...POOL, recycleMs: 0 };
  const old = await runStep(contextOf(lifeline, { config }), [call('leaks')]);
  expect(old.facts.leaks?.idle).toContainEqual(
    expect.objectContaining({ application: 'catalytic-api', lastStatement: 'select ?', sessions: 1 }),
  );
});

test('a pile behind one row is drawn as a tree with its root', async () => {
  const root = await client();
  await root.query('begin; update orders set total = 2 where id = 1');
  begin(await client(), 'update orders set total = 3 where id = 1');
  await untilWaiting(1);
  begin(await client(), 'update orders set total = 4 where id = 1');
  await untilWaiting(2);
  const { facts, findings } = await runStep(contextOf(lifeline), [call('connections'), call('locks')]);
  expect(facts.locks).toMatchObject({
    waiters: 2,
    table: 'public.orders',
    root: { pid: await pidOf(root), blocks: 2, kind: 'row', isDdl: false, isVacuum: false },
  });
  expect(facts.connections).toMatchObject({ waitingForLock: 2, idleInTransaction: 1 });
  expect(findings.tree).toHaveLength(3);
  expect(findings.tree?.[1]).toMatch(/^└─ pid /);
  expect(findings.tree?.[2]).toMatch(/^ {3}└─ pid /);
});

test('DDL that waits with others behind it is told from its root', async () => {
  const reader = await client();
  await reader.query('begin; select * from orders');
  const ddl = await client('migrate');
  const pid = await pidOf(ddl);
  begin(ddl, 'alter table orders add column note text');
  await untilWaiting(1);
  for (let i = 0; i < 3; i += 1) begin(await client(), 'select * from orders');
  await untilWaiting(4);
  const { facts } = await runStep(contextOf(lifeline), [call('locks')]);
  expect(facts.locks).toMatchObject({
    waiters: 4,
    root: { pid: await pidOf(reader), blocks: 4, kind: 'table' },
    blockedDdl: { pid, behind: 3, application: 'migrate' },
  });
});

test('a prepared transaction is named with the statement that ends it, and that statement does', async () => {
  const admin = await server.admin();
  await admin.query("begin; update orders set total = 9 where id = 2; prepare transaction 'it''s left'");
  begin(await client(), 'update orders set total = 3 where id = 2');
  await untilWaiting(1);
  const { facts, findings } = await runStep(contextOf(lifeline), [
    call('prepared', { over: '0s' }),
    call('locks'),
  ]);
  expect(facts.prepared).toMatchObject({ count: 1, oldest: { gid: "it's left", owner: 'lifeguard' } });
  expect(facts.locks).toMatchObject({ waiters: 1, behindPrepared: 1 });
  expect(findings.mend).toBe("rollback prepared 'it''s left';");
  await admin.query(findings.mend ?? '');
  expect((await runStep(contextOf(lifeline), [call('prepared')])).facts.prepared).toEqual({ count: 0 });
});

test('the missing extension and the missing grant are named with their statements; the other checks go on', async () => {
  const without = await runStep(contextOf(lifeline), [call('slow_queries'), call('settings')]);
  expect(without.ok).toBe(true);
  expect(without.facts.settings).toMatchObject({ maxConnections: 40, statementTimeoutMs: 0 });
  expect(without.findings.mend).toBe('create extension pg_stat_statements;');
  await (await server.admin()).query(without.findings.mend ?? '');
  await makeRole(server, 'stranger');
  const stranger = new Lifeline({ url: server.urlFor({ user: 'stranger', password: 'pw' }) });
  await stranger.start();
  try {
    const result = await runStep(contextOf(stranger), [call('slow_queries')]);
    expect(result).toMatchObject({ ok: false, findings: { mend: 'grant pg_monitor to "stranger";' } });
  } finally {
    await stranger.close();
  }
});

test('statements are told apart by the time before and since the incident', async () => {
  const admin = await server.admin();
  await admin.query('create extension if not exists pg_stat_statements; select pg_stat_statements_reset()');
  const app = await client();
  await app.query('select pg_sleep(0.01)');
  const baselines = new Baselines();
  await baselines.remember('orders', lifeline, new Date());
  const baseline = baselines.before('orders', new Date());
  await app.query('select pg_sleep(0.2)');
  await app.query("select count(*), 'secret' from orders");
  await until(async () => Date.now() - (baseline?.at ?? 0) > 150);
  const context = contextOf(lifeline, baseline === undefined ? {} : { baseline });
  const { facts } = await runStep(context, [call('slow_queries', { over: '100ms' })]);
  const sleep = facts.statements?.top.find((one) => one.query.includes('pg_sleep'));
  expect(facts.statements?.window).toBe('incident');
  expect(sleep).toMatchObject({ calls: 1 });
  expect(sleep?.meanMs).toBeGreaterThan(190);
  expect(sleep?.slowdown).toBeGreaterThan(5);
  expect(facts.statements?.callsPerSecond).toBeGreaterThan(0);
  expect(JSON.stringify(facts)).not.toContain('secret');
});

test('a step of the user’s own runs read-only, within its time, and meets its thresholds', async () => {
  const own = { kind: 'sql' as const, line: 1, timeoutMs: 200 };
  const rows = { ...own, title: 'Rows', statement: 'select id from public.orders -- all', column: 'id' };
  const good = await runStep(contextOf(lifeline), [
    { ...rows, thresholds: { warn: 5, fail: 9, worse: 'above' } },
  ]);
  expect(good.findings).toMatchObject({ headline: 'Rows: id 9', verdict: 'fail' });
  const cut = await runStep(contextOf(lifeline), [
    { ...own, title: 'Many', statement: 'select * from generate_series(1, 600) n' },
  ]);
  expect(cut.findings.lines.at(-1)).toBe('and more than 490 more');
  expect(cut.findings.rest?.text.split('\n')).toHaveLength(500);
  for (const [statement, said] of [
    ['select pg_sleep(5)', /statement_timeout/],
    ['select * from orders', /search path/],
    ["delete from public.orders where id = 3 and 'secret' <> '' returning id", /read-only/],
    ["select 'secret'::int", /invalid input syntax/],
  ] as const) {
    const { ok, findings } = await runStep(contextOf(lifeline), [
      { ...own, title: 'Bad', statement },
      call('prepared'),
    ]);
    expect(ok).toBe(true);
    // The step's own question got no answer: that is said first.
    expect(findings).toMatchObject({ headline: expect.stringContaining('Bad'), verdict: 'warn' });
    expect([findings.headline, ...findings.lines, findings.mend].join('\n')).toMatch(said);
    expect(JSON.stringify(findings)).not.toContain('secret');
  }
});

test('utilisation has its peak, slope and the time left, from samples or from Prometheus', async () => {
  const now = new Date();
  const samples = async () =>
    [10, 20, 30].map((value, i) => ({ at: new Date(now.getTime() - (3 - i) * 60_000), value }));
  const own = await runStep(contextOf(lifeline, { now, samples }), [call('utilisation')]);
  expect(own.facts.utilisation).toMatchObject({ usable: 37, used: 2, peak: 30 });
  const prometheus = { url: 'http://prometheus', active: 'act', idle: 'idle', max: 'max', timeoutMs: 1_000 };
  const config = { ...POOL, prometheus };
  const filling = Array.from({ length: 241 }, (_, quarter) => quarter / 4 + 20);
  const measured = await runStep(
    contextOf(lifeline, { now, config, prometheus: prometheusOf({ act: 16, max: 20 }, filling) }),
    [call('utilisation')],
  );
  expect(measured.facts.utilisation).toEqual({
    percent: 80,
    peak: 80,
    slopePerMinute: 1,
    usable: 20,
    used: 16,
  });
  expect(measured.findings).toMatchObject({ verdict: 'warn' });
  expect(measured.findings.lines.join('\n')).toContain('full in 20 min');
  const noData = await runStep(
    contextOf(lifeline, { now, config, prometheus: prometheusOf({ act: Number.NaN }) }),
    [call('utilisation')],
  );
  expect(noData.findings.lines.join('\n')).toContain('check both expressions');
  expect(noData.facts.utilisation).toMatchObject({ usable: 37 });
});

test('traffic is compared with its baseline: none, spike or flood, and without Prometheus it says what to set', async () => {
  const prometheus = {
    url: 'http://p',
    active: 'act',
    idle: 'i',
    max: 'm',
    requestRate: 'rate',
    requestRateBaseline: 'base',
    timeoutMs: 1,
  };
  for (const [rate, verdict] of [
    [150, 'ok'],
    [250, 'warn'],
    [1_500, 'fail'],
  ] as const) {
    const context = contextOf(lifeline, {
      config: { ...POOL, prometheus },
      prometheus: prometheusOf({ rate, base: 100 }, [4, 8]),
    });
    const { findings, facts } = await runStep(context, [call('traffic')]);
    expect(findings.verdict).toBe(verdict);
    expect(facts.traffic).toEqual({
      ratePerMinute: rate,
      baselinePerMinute: 100,
      ratio: rate / 100,
      connectionsRatio: 2,
    });
  }
  const { findings, ok } = await runStep(contextOf(lifeline), [call('traffic')]);
  expect(ok).toBe(false);
  expect(findings.mend).toContain('prometheus.request_rate');
});

test('the log is searched for the patterns, and what it shows is masked', async () => {
  const readLog = async () => [
    'GET /orders',
    'Pool exhausted, password=hunter2 for ann@example.org',
    "ERROR connection lost: select * from users where name = 'Ann'",
  ];
  const config = { ...POOL, logs: { file: 'app.log', lines: 500 } };
  const { facts, findings } = await runStep(contextOf(lifeline, { config, readLog }), [call('logs')]);
  expect(facts.logs).toEqual({ lines: 3, matches: { connection: 1, pool: 1 } });
  expect(findings.lines.join('\n')).toContain('ERROR connection lost: select * from users where name = ?');
  expect(JSON.stringify(findings)).not.toMatch(/hunter2|ann@|'Ann'/);
});

test('replication and vacuum of a quiet server have nothing to say', async () => {
  const { facts, findings, ok } = await runStep(contextOf(lifeline), [call('replication'), call('vacuum')]);
  expect(ok).toBe(true);
  expect(findings.verdict).toBe('ok');
  expect(facts.replication).toEqual({ replicas: 0, waitingForSync: 0 });
  expect(facts.vacuum).toMatchObject({ running: [], blocked: 0 });
});

test('a step ends in time whatever it waits for', async () => {
  const readLog = () => new Promise<string[]>(() => {});
  const config = { ...POOL, logs: { file: 'app.log', lines: 500 } };
  const began = performance.now();
  const { findings } = await runStep(
    contextOf(lifeline, { config, readLog }),
    [call('prepared'), call('logs')],
    200,
  );
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(findings.headline).toBe('No prepared transactions');
  expect(findings.lines.join()).toContain('logs did not end within');
});

test('damaged pages are seen by the SQLSTATE of an own check, and by the count of wrong checksums', async () => {
  const admin = await server.admin();
  expect((await runStep(contextOf(lifeline), [call('connections')])).facts.damage).toBeUndefined();
  await admin.query('create database sound');
  const sound = await connect(server.urlFor({ database: 'sound' }));
  await sound.query(
    'create table ledger as select i from generate_series(1, 900) i; grant select on ledger to public',
  );
  const { rows } = await sound.query<{ path: string }>("select pg_relation_filepath('ledger') as path");
  await sound.end();
  // A copy of the files is not in the server's memory yet.
  await admin.query('create database sick template sound strategy file_copy');
  const oid = await admin.query<{ oid: number; folder: string }>(
    "select oid, current_setting('data_directory') as folder from pg_database where datname = 'sick'",
  );
  const file = join(oid.rows[0]?.folder ?? '', `base/${oid.rows[0]?.oid}/${rows[0]?.path.split('/').at(-1)}`);
  const pages = await readFile(file);
  pages.fill(0xa5, 2_000, 2_100);
  await writeFile(file, pages);

  const patient = new Lifeline({ url: server.urlFor({ user: 'doctor', password: 'pw', database: 'sick' }) });
  await patient.start();
  const own = {
    kind: 'sql',
    title: 'Ledger',
    line: 1,
    timeoutMs: 1_000,
    statement: 'select count(*) from public.ledger',
  } as const;
  const step = await runStep(contextOf(patient), [own]);
  expect(step.facts.damage).toMatchObject({ kind: 'sqlstate', sqlstate: 'XX001' });
  await patient.close();

  const found = await runStep(contextOf(lifeline), [call('connections')]);
  expect(found.facts.damage).toMatchObject({ kind: 'checksum', database: 'sick', failures: 1 });
  expect(found.findings.lines.join('\n')).toMatch(/1 wrong checksum in database sick, the last 2\d{3}-/);
});

test('an error of class XX that sound catalogs give under way is no damage', () => {
  const race = new pg.DatabaseError('cache lookup failed for relation 16384', 0, 'error');
  race.code = 'XX000';
  expect(damageIn(race)).toBeUndefined();
  race.message = 'invalid memory alloc request size 18446744073709551613';
  expect(damageIn(race)).toMatchObject({ kind: 'sqlstate', sqlstate: 'XX000' });
  expect(damageIn(new Error('XX001'))).toBeUndefined();
});
