import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { readActivity } from '../../src/pool/activity.ts';
import { LifelineError } from '../../src/pool/faults.ts';
import { Lifeline, type LifelineOptions, type LifelineState } from '../../src/pool/lifeline.ts';
import { reopenInMs } from '../../src/pool/reopen.ts';
import { connect, type TestPostgres, testPostgres } from '../support/postgres.ts';
import { startProxy, type TcpProxy } from '../support/proxy.ts';
import { fill, makeRole, until } from './crowd.ts';

let server: TestPostgres;
let doctor: string;
let app: string;
const open: Lifeline[] = [];
const crowd: pg.Client[] = [];
const proxies: TcpProxy[] = [];

beforeAll(async () => {
  server = await testPostgres({ maxConnections: 12 });
  doctor = await makeRole(server, 'doctor', ['pg_monitor', 'pg_signal_backend']);
  app = await makeRole(server, 'app');
  await (await server.admin()).query('create table t (n int)');
  await (await server.admin()).query('grant all on t to doctor');
});
afterAll(() => server.stop());
afterEach(async () => {
  for (const lifeline of open.splice(0)) await lifeline.close();
  for (const client of crowd.splice(0)) await client.end().catch(() => {});
  for (const proxy of proxies.splice(0)) await proxy.close();
  await until(async () => (await backends()).length === 0);
});

function lifelineTo(
  url: string,
  options: Partial<LifelineOptions> = {},
): Lifeline & { told: LifelineState[] } {
  const told: LifelineState[] = [];
  const lifeline = new Lifeline({ url, onChange: (state) => told.push(state), ...options });
  open.push(lifeline);
  return Object.assign(lifeline, { told });
}

async function proxied(url: string): Promise<{ proxy: TcpProxy; url: string }> {
  const proxy = await startProxy(server.port);
  proxies.push(proxy);
  const through = new URL(url);
  through.port = String(proxy.port);
  return { proxy, url: through.href };
}

/** Everyone on the server but the superuser who asks. */
async function backends(): Promise<{ pid: number; usename: string; application_name: string }[]> {
  const { rows } = await (await server.admin()).query(
    "select pid, usename, application_name from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
  );
  return rows;
}

async function setting(lifeline: Lifeline, name: string): Promise<unknown> {
  return (await lifeline.query('select current_setting($1) as value', [name]))[0]?.value;
}

test('checks and kills run over the warm connection when a new client gets 53300', async () => {
  const lifeline = lifelineTo(doctor);
  await lifeline.start();
  crowd.push(...(await fill(app)));
  await expect(connect(app)).rejects.toMatchObject({ code: '53300' });
  const activity = await readActivity(lifeline);
  expect(activity.usable).toBe(9);
  expect(activity.utilisation).toBeGreaterThanOrEqual(100);
  const target = activity.sessions.find((session) => session.user === 'app');
  await lifeline.act('select pg_terminate_backend($1)', [target?.pid]);
  await until(async () => (await backends()).every(({ pid }) => pid !== target?.pid));
});

test('one connection is held, whatever is asked of it at once', async () => {
  const lifeline = lifelineTo(doctor);
  await Promise.all([
    lifeline.start(),
    ...Array.from({ length: 20 }, () => lifeline.query('select pg_sleep(0.005)')),
  ]);
  expect(await backends()).toMatchObject([{ usename: 'doctor', application_name: 'lifeguard' }]);
});

test('a kill goes before the checks that wait', async () => {
  const lifeline = lifelineTo(doctor);
  await lifeline.start();
  const order: string[] = [];
  const note = (name: string) => () => order.push(name);
  await Promise.all([
    lifeline.query('select pg_sleep(0.05)').then(note('running check')),
    lifeline.query('select 1').then(note('waiting check')),
    lifeline.act('select 1').then(note('kill')),
  ]);
  expect(order).toEqual(['running check', 'kill', 'waiting check']);
});

test('a check cannot change anything, nor leave its transaction', async () => {
  const lifeline = lifelineTo(doctor);
  await lifeline.start();
  await expect(lifeline.query('insert into public.t values (1)')).rejects.toMatchObject({ code: '25006' });
  await expect(lifeline.query('commit; insert into public.t values (1)')).rejects.toMatchObject({
    code: '42601',
  });
  expect(await lifeline.query('select count(*)::int as n from public.t')).toEqual([{ n: 0 }]);
});

test('a check ends at its timeout, and the connection goes on', async () => {
  const lifeline = lifelineTo(doctor);
  await lifeline.start();
  await expect(lifeline.query('select pg_sleep(10)', [], { timeoutMs: 50 })).rejects.toMatchObject({
    code: '57014',
  });
  expect(await setting(lifeline, 'statement_timeout')).toBe('2s');
  await expect(lifeline.act('select pg_sleep(10)', [], { timeoutMs: 50 })).rejects.toMatchObject({
    code: '57014',
  });
  expect(await setting(lifeline, 'statement_timeout')).toBe('2s');
  expect(lifeline.told).toHaveLength(1);
});

test('a check does not wait long behind somebody else’s lock', async () => {
  const lifeline = lifelineTo(doctor);
  await lifeline.start();
  const blocker = await connect(server.url);
  crowd.push(blocker);
  await blocker.query('begin; lock table t in access exclusive mode');
  await expect(lifeline.query('select * from public.t')).rejects.toMatchObject({ code: '55P03' });
});

test('the session is made safe against what the role was given as defaults', async () => {
  const admin = await server.admin();
  await admin.query(
    "alter role doctor set search_path = 'public'; alter role doctor set idle_session_timeout = '1s'",
  );
  try {
    const lifeline = lifelineTo(doctor);
    await lifeline.start();
    expect(await setting(lifeline, 'search_path')).toBe('pg_catalog');
    expect(await setting(lifeline, 'idle_session_timeout')).toBe('0');
    expect(await setting(lifeline, 'application_name')).toBe('lifeguard');
    expect(lifeline.state()).toMatchObject({ up: true, viaPooler: false });
    expect(lifeline.state().serverVersion).toBeGreaterThan(120_000);
  } finally {
    await admin.query('alter role doctor reset all');
  }
});

test('a connection that the server ends is opened again, and calls go on', async () => {
  const lifeline = lifelineTo(doctor);
  await lifeline.start();
  const [held] = await backends();
  await (await server.admin()).query('select pg_terminate_backend($1)', [held?.pid]);
  await until(() => lifeline.told.length === 3);
  expect(lifeline.told.map(({ up, lastError }) => [up, lastError?.code])).toEqual([
    [true, undefined],
    [false, '57P01'],
    [true, undefined],
  ]);
  expect(await lifeline.query('select 1 as one')).toEqual([{ one: 1 }]);
  expect(await backends()).toHaveLength(1);
});

test('a call during the cut is told so, one right after it waits for the new connection', async () => {
  const { proxy, url } = await proxied(doctor);
  const lifeline = lifelineTo(url);
  await lifeline.start();
  const running = lifeline.query('select pg_sleep(0.3)');
  await sleep(20);
  proxy.cut();
  await expect(running).rejects.toMatchObject({ name: 'LifelineError', reason: 'down' });
  expect(await lifeline.query('select 1 as one')).toEqual([{ one: 1 }]);
});

test('a server that cannot be reached at the start is no error, and is found when it comes', async () => {
  const { proxy, url } = await proxied(doctor);
  await proxy.refuse(true);
  const lifeline = lifelineTo(url);
  await lifeline.start();
  expect(lifeline.state()).toMatchObject({ up: false, lastError: { code: 'ECONNREFUSED' } });
  await expect(lifeline.query('select 1')).rejects.toThrow(/no connection to the pool: .*ECONNREFUSED/);
  await proxy.refuse(false);
  await until(() => lifeline.state().up);
  expect(lifeline.told.map(({ up }) => up)).toEqual([false, true]);
});

test('a full server is told as such, and the first free slot is taken', async () => {
  crowd.push(...(await fill(app)));
  const lifeline = lifelineTo(doctor);
  await lifeline.start();
  expect(lifeline.state()).toMatchObject({ up: false, lastError: { code: '53300' } });
  expect(lifeline.state().lastError?.message).toContain('pg_use_reserved_connections');
  await crowd.pop()?.end();
  await until(() => lifeline.state().up);
});

test('a role with reserved slots gets in when the server is full for everyone else', async () => {
  const reserved = await testPostgres({ maxConnections: 10, flags: ['-c', 'reserved_connections=2'] });
  try {
    const url = await makeRole(reserved, 'doctor', ['pg_monitor', 'pg_use_reserved_connections']);
    const others = await fill(await makeRole(reserved, 'app'));
    const lifeline = new Lifeline({ url });
    await lifeline.start();
    expect(lifeline.state().up).toBe(true);
    expect(await readActivity(lifeline)).toMatchObject({
      maxConnections: 10,
      superuserReserved: 3,
      reserved: 2,
      usable: 5,
    });
    await lifeline.close();
    for (const client of others) await client.end();
  } finally {
    await reserved.stop();
  }
});

test('a black hole is noticed by the call that gets no answer', async () => {
  const { proxy, url } = await proxied(doctor);
  const lifeline = lifelineTo(url, { graceMs: 50 });
  await lifeline.start();
  proxy.freeze();
  await expect(lifeline.query('select 1', [], { timeoutMs: 50 })).rejects.toMatchObject({
    reason: 'timeout',
  });
  expect(lifeline.state()).toMatchObject({ up: false, lastError: { code: 'timeout' } });
});

test('a black hole is noticed by the heartbeat when nobody asks', async () => {
  const { proxy, url } = await proxied(doctor);
  const due: { ms: number; work: () => void }[] = [];
  let now = 0;
  const lifeline = lifelineTo(url, {
    timers: {
      now: () => new Date(now),
      after: (ms, work) => {
        const timer = { ms: now + ms, work };
        due.push(timer);
        return () => void due.splice(due.indexOf(timer), due.includes(timer) ? 1 : 0);
      },
    },
  });
  const advance = (ms: number) => {
    now += ms;
    for (const timer of due.filter((one) => one.ms <= now)) {
      due.splice(due.indexOf(timer), 1);
      timer.work();
    }
  };
  await lifeline.start();
  proxy.freeze();
  advance(5_000);
  expect(lifeline.state().up).toBe(true);
  advance(6_000);
  expect(lifeline.state()).toMatchObject({
    up: false,
    since: new Date(11_000),
    lastError: { code: 'timeout' },
  });
});

test('heartbeats alone keep a healthy connection up', async () => {
  const lifeline = lifelineTo(doctor, { heartbeatMs: 5 });
  await lifeline.start();
  const { rows } = await (await server.admin()).query(
    "select state_change from pg_stat_activity where application_name = 'lifeguard'",
  );
  await until(async () => {
    const later = await (await server.admin()).query(
      "select state_change from pg_stat_activity where application_name = 'lifeguard'",
    );
    return later.rows[0]?.state_change > rows[0]?.state_change;
  });
  expect(lifeline.told).toHaveLength(1);
});

test('a hung backend is replaced by a new connection', async () => {
  const lifeline = lifelineTo(doctor, { graceMs: 50 });
  await lifeline.start();
  const [held] = await backends();
  process.kill(held?.pid ?? 0, 'SIGSTOP');
  try {
    await expect(lifeline.query('select 1', [], { timeoutMs: 50 })).rejects.toMatchObject({
      reason: 'timeout',
    });
    expect(await lifeline.query('select 1 as one')).toEqual([{ one: 1 }]);
  } finally {
    process.kill(held?.pid ?? 0, 'SIGCONT');
  }
  await until(async () => (await backends()).length === 1);
});

test('at the limit a hung connection is not given up: it is taken back when it answers', async () => {
  const lifeline = lifelineTo(doctor, { graceMs: 50 });
  await lifeline.start();
  crowd.push(...(await fill(app)));
  const held = (await backends()).find(({ usename }) => usename === 'doctor');
  process.kill(held?.pid ?? 0, 'SIGSTOP');
  try {
    await expect(lifeline.query('select 1', [], { timeoutMs: 50 })).rejects.toMatchObject({
      reason: 'timeout',
    });
    await until(() => lifeline.state().lastError?.code === '53300');
  } finally {
    process.kill(held?.pid ?? 0, 'SIGCONT');
  }
  await until(() => lifeline.state().up);
  expect(await lifeline.query('select pg_backend_pid() as pid')).toEqual([{ pid: held?.pid }]);
});

test('after close nothing is asked and nothing stays open', async () => {
  const { proxy, url } = await proxied(doctor);
  const lifeline = lifelineTo(url);
  await lifeline.start();
  const waiting = [lifeline.query('select pg_sleep(0.1)'), lifeline.query('select 1')];
  const outcomes = Promise.allSettled(waiting);
  await lifeline.close();
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(lifeline.query('select 1')).rejects.toThrow(LifelineError);
  await until(async () => (await backends()).length === 0);
  expect(proxy.accepted()).toBe(1);
});

test('closing does not wait for a server that does not answer', async () => {
  const { proxy, url } = await proxied(doctor);
  proxy.freeze();
  const lifeline = lifelineTo(url, { connectTimeoutMs: 60_000 });
  const starting = lifeline.start();
  await until(() => proxy.accepted() === 1);
  const begun = Date.now();
  await lifeline.close();
  await starting;
  expect(Date.now() - begun).toBeLessThan(5_000);
});

test('no error shows the password', async () => {
  const wrong = new URL(doctor);
  wrong.password = 'hunter2hunter2';
  const lifeline = lifelineTo(wrong.href);
  await lifeline.start();
  expect(lifeline.state().lastError?.code).toBe('28P01');
  expect(JSON.stringify(lifeline.told)).not.toContain('hunter2');
  const broken = lifelineTo('postgres://doctor:hunter2hunter2@[bad/db');
  await broken.start();
  expect(broken.state().up).toBe(false);
  expect(JSON.stringify(broken.told)).not.toContain('hunter2');
});

test('waits between tries grow to five seconds, are spread, and stay short when the server is only full', () => {
  expect([1, 2, 3, 4, 5, 6, 40].map((n) => reopenInMs(n, 'ECONNREFUSED', 1))).toEqual([
    250, 500, 1_000, 2_000, 4_000, 5_000, 5_000,
  ]);
  expect(reopenInMs(3, 'ECONNREFUSED', 0)).toBe(500);
  expect(reopenInMs(40, '53300', 1)).toBe(500);
});
