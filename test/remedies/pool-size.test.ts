import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { RaiseBy } from '../../src/config/types.ts';
import type { PoolSizeTarget } from '../../src/incident/remedy.ts';
import { type PoolFacts, previewOf, remedyFor } from '../../src/remedies/registry.ts';
import type { NoPlan, RemedyPlan } from '../../src/remedies/remedy.ts';
import { raised } from '../../src/remedies/room.ts';
import { begin, until } from '../pool/crowd.ts';
import { freePort } from '../support/daemon.ts';
import { needs } from '../support/needs.ts';
import { startPgBouncer, type TestPgBouncer } from '../support/pgbouncer.ts';
import { connect } from '../support/postgres.ts';
import { type House, planOf, startHouse } from './house.ts';

const NOW = new Date('2026-03-02T03:00:00.000Z');
const HALF: RaiseBy = { percent: 50 };
const REVERT_AFTER = 30 * 60_000;

test('a share is rounded up, so that it always raises', () => {
  expect(raised(20, HALF)).toBe(30);
  expect(raised(1, { percent: 1 })).toBe(2);
  expect(raised(20, { connections: 7 })).toBe(27);
});

test('without a way to do it the setting is named', async () => {
  const nowhere = undefined as never;
  expect(await previewOf(nowhere, { action: 'pool_size' }, NOW)).toMatchObject({
    refused: expect.stringContaining('`pool_size`'),
  });
});

const program = needs('pgbouncer', 'pgbouncer');

describe.skipIf(program.skip)(`by the console of a real PgBouncer${program.reason}`, () => {
  let house: House;
  let bouncer: TestPgBouncer;
  beforeAll(async () => {
    house = await startHouse();
    await (await house.server.admin()).query(`alter role app password 'app'`);
  });
  afterAll(() => house?.stop());

  const OURS = 'dbname=lifeguard';
  const start = async (
    databases: Record<string, string>,
    settings: string[] = [],
  ): Promise<TestPgBouncer> => {
    const started = await startPgBouncer(house.server.port, databases, settings);
    onTestFinished(() => started.stop());
    return started;
  };
  // A test may put another in its place: this one is stopped all the same.
  beforeEach(async () => {
    const usual = await startPgBouncer(house.server.port, { orders: OURS }, ['default_pool_size = 4']);
    bouncer = usual;
    return () => usual.stop();
  });

  const configOf = (raiseBy: RaiseBy = HALF, pgbouncer = bouncer.consoleUrl()): PoolFacts => ({
    name: 'orders',
    poolSize: { pgbouncer, raiseBy, revertAfterMs: REVERT_AFTER },
  });
  const preview = (config = configOf()): Promise<RemedyPlan | NoPlan> =>
    previewOf(house.doctor, { action: 'pool_size' }, NOW, config);
  const remedyOf = (plan: RemedyPlan, config = configOf()) => {
    const remedy = remedyFor(plan, config);
    if (remedy?.undo === undefined) throw new Error('no remedy that can be undone');
    return { ...remedy, undo: remedy.undo };
  };

  test('the preview says from what to what, for how long, and what it can cost the server', async () => {
    const plan = planOf(await preview());
    expect(plan).toMatchObject({
      action: 'pool_size',
      target: {
        kind: 'pool_size',
        way: 'pgbouncer',
        at: `127.0.0.1:${bouncer.port}`,
        from: 4,
        to: 6,
        revertAfterMs: REVERT_AFTER,
      },
      preview: { title: 'Raise PgBouncer’s pool size from 4 to 6' },
    });
    const facts = Object.fromEntries(plan.preview.facts.map(({ label, value }) => [label, value]));
    expect(facts['Can open']).toMatch(/^2 more server connections \(1 pool\); the server has \d+ free$/);
    expect(facts['Undone']).toBe('by itself after 30 min');
    expect(await bouncer.size()).toBe(4);
  });

  test('raises it, finds it raised, and sets it back; a second time does nothing', async () => {
    const remedy = remedyOf(planOf(await preview()));
    expect(await remedy.recheck(house.doctor, NOW)).toBeUndefined();
    expect(await remedy.execute(house.doctor, false)).toMatchObject({ outcome: 'done' });
    expect(await bouncer.size()).toBe(6);
    expect(await remedy.recheck(house.doctor, NOW)).toMatchObject({ outcome: 'nothing_to_do' });
    expect(await remedy.execute(house.doctor, false)).toMatchObject({ outcome: 'nothing_to_do' });
    expect(await remedy.execute(house.doctor, true)).toMatchObject({ outcome: 'done' });
    expect(await bouncer.size()).toBe(6);
    expect(await remedy.undo(house.doctor, false)).toMatchObject({ outcome: 'done' });
    expect(await bouncer.size()).toBe(4);
    expect(await remedy.undo(house.doctor, false)).toMatchObject({ outcome: 'nothing_to_do' });
    expect(await remedy.undo(house.doctor, true)).toMatchObject({ outcome: 'done' });
  });

  test('a size that someone else has set is left alone, before and after', async () => {
    const remedy = remedyOf(planOf(await preview()));
    await bouncer.command('SET default_pool_size = 5');
    expect(await remedy.recheck(house.doctor, NOW)).toMatchObject({ outcome: 'nothing_to_do' });
    for (const again of [false, true]) {
      const result = await remedy.execute(house.doctor, again);
      expect(result).toMatchObject({
        outcome: 'nothing_to_do',
        detail: expect.stringContaining('to 5 since'),
      });
    }
    expect(await remedy.undo(house.doctor, false)).toMatchObject({
      outcome: 'nothing_to_do',
      detail: expect.stringContaining('left as it is'),
    });
    expect(await bouncer.size()).toBe(5);
  });

  test('the larger pool is what its clients get, and it is read as they see it', async () => {
    const clients = await Promise.all(Array.from({ length: 6 }, () => connect(bouncer.urlFor('orders'))));
    onTestFinished(async () => {
      await Promise.all(clients.map((client) => client.end().catch(() => {})));
    });
    for (const client of clients) begin(client, 'select pg_sleep(60)');
    const remedy = remedyOf(planOf(await preview()));
    await until(async () => (await remedy.verify(house.doctor))?.used === 6);
    expect(await remedy.verify(house.doctor)).toMatchObject({ percent: 150, usable: 4, of: 'pgbouncer' });
    const atWork = (count: number) =>
      until(async () =>
        (await bouncer.command('SHOW POOLS')).some(
          (one) => one['database'] === 'orders' && one['sv_active'] === count,
        ),
      );
    await atWork(4);
    expect(await remedy.execute(house.doctor, false)).toMatchObject({ outcome: 'done' });
    await atWork(6);
    expect(await remedy.verify(house.doctor)).toMatchObject({ percent: 100, usable: 6, used: 6 });
  });

  test('refused where the server cannot carry it, with the setting that mends it', async () => {
    const found = await preview(configOf({ connections: 50 }));
    expect(found).toMatchObject({ protected: true });
    expect(found).toMatchObject({
      refused: expect.stringMatching(
        /^Not possible: a pool size of 54 can open 50 more server connections, and the server has \d+ free .*`max_connections` of the server to \d+ or more.*`pool_size.raise_by` to \d+/,
      ),
    });
  });

  test('a database with a size of its own is not reached, and that is said', async () => {
    bouncer = await start({ orders: `${OURS} pool_size=3` }, ['default_pool_size = 4']);
    expect(await preview()).toMatchObject({
      refused: expect.stringContaining('database orders has a `pool_size` of its own in PgBouncer (3)'),
      protected: true,
    });
    bouncer = await start({ orders: OURS, reports: `${OURS} pool_size=3` }, ['default_pool_size = 4']);
    const facts = planOf(await preview()).preview.facts;
    expect(facts).toContainEqual({ label: 'Not changed', value: 'reports (pool_size 3 of its own)' });
  });

  test('one of its own that equals the default shows when it is set: it is set back, and refused', async () => {
    bouncer = await start({ orders: `${OURS} pool_size=4` }, ['default_pool_size = 4']);
    const remedy = remedyOf(planOf(await preview()));
    expect(await remedy.execute(house.doctor, false)).toMatchObject({
      outcome: 'refused',
      detail: expect.stringContaining('was set back to 4'),
    });
    expect(await bouncer.size()).toBe(4);
  });

  test('each user’s pool grows, and so do the other databases on the same server', async () => {
    bouncer = await start({ orders: OURS, other: 'dbname=postgres' }, ['default_pool_size = 4']);
    const clients = [await connect(bouncer.urlFor('orders')), await connect(bouncer.urlFor('other'))];
    for (const client of clients) await client.query('select 1');
    const plan = planOf(await preview());
    expect(JSON.stringify(plan.preview.facts)).toContain('4 more server connections (2 pools)');
    expect(plan.preview.risks.join()).toContain('The pools of other on the same server grow too.');
    for (const client of clients) await client.end();
  });

  test('a limit of its own that leaves no more is named', async () => {
    bouncer = await start({ orders: OURS }, ['default_pool_size = 4', 'max_db_connections = 4']);
    expect(await preview()).toMatchObject({ refused: expect.stringContaining('`max_db_connections` (4)') });
  });

  test('a PgBouncer before other databases only is the wrong one', async () => {
    bouncer = await start({ orders: 'dbname=postgres' });
    expect(await preview()).toMatchObject({
      refused: expect.stringContaining('serves no database lifeguard; check `pool_size.pgbouncer`'),
    });
  });

  test('a user who may only look is refused with what makes it an admin', async () => {
    const eye = configOf(HALF, bouncer.consoleUrl('eye'));
    const why = expect.stringContaining('add it to `admin_users`');
    expect(await preview(eye)).toEqual({ refused: why, protected: true });
    const forced = remedyOf(planOf(await preview()), eye);
    expect(await forced.execute(house.doctor, false)).toMatchObject({ outcome: 'refused', detail: why });
    expect(await bouncer.size()).toBe(4);
  });

  test('one that is away, or knows no such user, is one line that names the setting', async () => {
    const remedy = remedyOf(planOf(await preview()));
    const stranger = bouncer.consoleUrl().replace('boss', 'nobody');
    expect(await preview(configOf(HALF, stranger))).toMatchObject({
      refused: expect.stringMatching(/console did not answer \(.*\); check `pool_size.pgbouncer`/),
      protected: true,
    });
    await bouncer.stop();
    expect(await preview()).toMatchObject({ refused: expect.stringContaining('ECONNREFUSED') });
    expect(await remedy.recheck(house.doctor, NOW)).toMatchObject({ outcome: 'refused' });
    await expect(remedy.undo(house.doctor, false)).rejects.toThrow('PgBouncer’s console did not answer');
    expect(await remedy.verify(house.doctor)).toBeUndefined();
  });

  test('another PgBouncer in its place keeps its size', async () => {
    const target: PoolSizeTarget = {
      kind: 'pool_size',
      way: 'pgbouncer',
      at: `127.0.0.1:${await freePort()}`,
      from: 3,
      to: 4,
      revertAfterMs: REVERT_AFTER,
    };
    const remedy = remedyFor({ action: 'pool_size', target }, configOf());
    expect(await remedy?.undo?.(house.doctor, false)).toMatchObject({
      outcome: 'failed',
      detail: expect.stringContaining('`SET default_pool_size = 3`'),
    });
    expect(await bouncer.size()).toBe(4);
  });
});
