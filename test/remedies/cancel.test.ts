import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Lifeline } from '../../src/pool/lifeline.ts';
import { previewOf, remedyFor, type Wish } from '../../src/remedies/registry.ts';
import { connect } from '../support/postgres.ts';
import { type House, planOf, startHouse } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await startHouse();
});
afterAll(() => house?.stop());

const NOW = new Date('2026-03-02T03:00:00.000Z');
const preview = (wish: Wish, lifeline: Lifeline = house.doctor) => previewOf(lifeline, wish, NOW);

test('people see which query is meant, its literals masked, and only it is cancelled', async () => {
  const client = await house.app();
  const at = await house.busy(client, `select pg_sleep(30), 'secret'`);
  const plan = planOf(await preview({ action: 'cancel', pid: at.pid, queryStart: at.queryStart ?? '' }));
  expect(plan.preview).toMatchObject({
    title: `Cancel the query of backend ${at.pid} (catalytic-api)`,
    query: 'select pg_sleep(?), ?',
  });
  const remedy = remedyFor(plan);
  expect(await remedy?.recheck(house.doctor, NOW)).toBeUndefined();
  expect(await remedy?.execute(house.doctor, false)).toMatchObject({ outcome: 'done' });
  expect((await house.see(client)).state).toBe('idle');
  expect(await remedy?.execute(house.doctor, false)).toMatchObject({ outcome: 'nothing_to_do' });
  expect(await remedy?.execute(house.doctor, true)).toMatchObject({ outcome: 'done' });
});

test('a backend that is at another query by now is found out at the asking and before the run', async () => {
  const client = await house.app();
  const first = await house.busy(client, 'select pg_sleep(0.2)');
  const plan = planOf(await preview({ action: 'cancel', pid: first.pid }));
  await client.query('select 1');
  const second = await house.busy(client, 'select pg_sleep(30)');
  expect(await preview({ action: 'cancel', pid: first.pid, queryStart: first.queryStart ?? '' })).toEqual({
    refused: expect.stringContaining('no longer at the query you saw'),
    protected: false,
  });
  const remedy = remedyFor(plan);
  expect(await remedy?.recheck(house.doctor, NOW)).toMatchObject({ outcome: 'nothing_to_do' });
  expect(await remedy?.execute(house.doctor, false)).toMatchObject({ outcome: 'nothing_to_do' });
  expect(await house.see(client)).toMatchObject({ state: 'active', queryStart: second.queryStart });
});

test('an idle session has no query to cancel, and a gone one is said to be gone', async () => {
  const client = await house.app();
  const { pid } = await house.see(client);
  expect(await preview({ action: 'cancel', pid })).toMatchObject({
    refused: expect.stringContaining('nothing to cancel'),
  });
  expect(await preview({ action: 'cancel', pid: 2_147_483_647 })).toMatchObject({
    refused: 'There is no backend with pid 2147483647 any more; nothing was done.',
  });
});

test('a target without a query, or of another kind, is carried out by nothing', () => {
  const backend = { kind: 'backend', pid: 1, backendStart: '2026-03-02T02:11:09.123456Z' } as const;
  expect(remedyFor({ action: 'cancel', target: backend })).toBeUndefined();
  expect(remedyFor({ action: 'restart', target: backend })).toBeUndefined();
});

test('a superuser’s query is not offered and, when forced, refused; so is our own', async () => {
  const boss = await connect(house.server.url);
  const root = await house.lifelineAs(house.server.url);
  try {
    const at = await house.busy(boss, 'select pg_sleep(3)');
    expect(await preview({ action: 'cancel', pid: at.pid }, root)).toEqual({
      refused: expect.stringContaining('belongs to the superuser'),
      protected: true,
    });
    const forced = remedyFor({
      action: 'cancel',
      target: {
        kind: 'backend',
        pid: at.pid,
        backendStart: at.backendStart ?? '',
        queryStart: at.queryStart ?? '',
      },
    });
    expect(await forced?.recheck(root, NOW)).toMatchObject({ outcome: 'refused' });
    expect(await forced?.execute(root, false)).toMatchObject({ outcome: 'refused' });
    expect((await house.see(boss)).state).toBe('active');
  } finally {
    await boss.end();
  }
  const [own] = await house.doctor.query('select pg_backend_pid() as pid');
  expect(await preview({ action: 'cancel', pid: Number(own?.['pid']) })).toMatchObject({
    refused: expect.stringContaining('connection of Lifeguard itself'),
    protected: true,
  });
});
