import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Lifeline } from '../../src/pool/lifeline.ts';
import { previewOf, remedyFor } from '../../src/remedies/registry.ts';
import { makeRole } from '../pool/crowd.ts';
import { connect } from '../support/postgres.ts';
import { type House, planOf, startHouse } from './house.ts';

let house: House;
let keeper: Lifeline;
let keeperUrl: string;
beforeAll(async () => {
  house = await startHouse();
  keeperUrl = await makeRole(house.server, 'keeper', ['pg_monitor']);
  keeper = await house.lifelineAs(keeperUrl);
});
afterAll(() => house?.stop());

const NOW = new Date('2026-03-02T03:00:00.000Z');
const DATABASE = 'lifeguard';

function preview(lifeline: Lifeline, gid: string, database = DATABASE) {
  return previewOf(lifeline, { action: 'rollback_prepared', gid, database }, NOW);
}

/** Leaves a prepared transaction behind, as the role of the URL. */
async function prepare(url: string, gid: string): Promise<void> {
  const client = await connect(url);
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock_shared(1)');
    await client.query(`prepare transaction ${client.escapeLiteral(gid).trim()}`);
  } finally {
    await client.end();
  }
}

async function gids(): Promise<string[]> {
  const { rows } = await (await house.server.admin()).query('select gid from pg_prepared_xacts order by gid');
  return rows.map((row) => row.gid);
}

const WEIRD = String.raw`o'rder \' "1"; rollback prepared 'bystander'; --`;

test('rolls back the one that was approved, whatever its gid looks like, and no other', async () => {
  await prepare(keeperUrl, WEIRD);
  await prepare(keeperUrl, 'bystander');
  const plan = planOf(await preview(keeper, WEIRD));
  expect(plan.target).toMatchObject({ kind: 'prepared', gid: WEIRD, owner: 'keeper', database: DATABASE });
  const remedy = remedyFor(plan);
  expect(await remedy?.recheck(keeper, NOW)).toBeUndefined();
  expect(await remedy?.execute(keeper, false)).toMatchObject({ outcome: 'done' });
  expect(await gids()).toEqual(['bystander']);
  expect(await remedy?.recheck(keeper, NOW)).toMatchObject({ outcome: 'nothing_to_do' });
  expect(await remedy?.execute(keeper, false)).toMatchObject({ outcome: 'nothing_to_do' });
  expect(await remedy?.execute(keeper, true)).toMatchObject({ outcome: 'done' });
  await keeper.act(`rollback prepared 'bystander'`);
});

test('a gid that was used again is another transaction: it stays', async () => {
  await prepare(keeperUrl, 'order-1');
  const remedy = remedyFor(planOf(await preview(keeper, 'order-1')));
  await keeper.act(`rollback prepared 'order-1'`);
  await prepare(keeperUrl, 'order-1');
  expect(await remedy?.recheck(keeper, NOW)).toMatchObject({ outcome: 'nothing_to_do' });
  expect(await remedy?.execute(keeper, false)).toMatchObject({
    outcome: 'nothing_to_do',
    detail: expect.stringContaining('another prepared transaction now'),
  });
  expect(await gids()).toEqual(['order-1']);
  await keeper.act(`rollback prepared 'order-1'`);
});

test('only its owner or a superuser may: everyone else gets the statement and who runs it', async () => {
  await prepare(keeperUrl, 'order-2');
  const why = expect.stringContaining("`rollback prepared 'order-2';` as keeper in database lifeguard");
  expect(await preview(house.doctor, 'order-2')).toEqual({ refused: why, protected: true });
  const forced = remedyFor(planOf(await preview(keeper, 'order-2')));
  expect(await forced?.execute(house.doctor, false)).toMatchObject({ outcome: 'refused', detail: why });
  expect(await gids()).toEqual(['order-2']);
  const root = await house.lifelineAs(house.server.url);
  expect(await remedyFor(planOf(await preview(root, 'order-2')))?.execute(root, false)).toMatchObject({
    outcome: 'done',
  });
});

test('from another database it cannot be reached, and that is said with the way there', async () => {
  await (await house.server.admin()).query('create database elsewhere');
  const there = new URL(keeperUrl);
  there.pathname = '/elsewhere';
  await prepare(there.href, 'order-3');
  expect(await preview(keeper, 'order-3', 'elsewhere')).toEqual({
    refused: expect.stringContaining("`rollback prepared 'order-3';` in database elsewhere"),
    protected: true,
  });
  expect(await gids()).toEqual(['order-3']);
});

test('one that is not there, or not in the database that was meant, is said to be gone', async () => {
  expect(await preview(keeper, 'none')).toMatchObject({
    refused: expect.stringContaining('not there any more'),
  });
});
