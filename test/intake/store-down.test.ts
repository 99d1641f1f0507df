import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, house } from './house.ts';
import { alertOf, notification } from './notification.ts';
import { until } from './web.ts';

let it: House;
beforeAll(async () => {
  it = await house();
});
afterAll(() => it.close());

test('while the store is down a notification gets 503, and when it is sent again it succeeds', async () => {
  it.way.break();
  const failed = await it.post(notification([alertOf('orders')]));
  expect(failed.status).toBe(503);
  expect(failed.headers.get('retry-after')).toBe('5');
  expect(failed.body).toEqual({ error: 'this could not be stored now; send it again' });
  expect(it.dispatched).toEqual([]);

  it.way.mend();
  const again = await it.post(notification([alertOf('orders')]));
  expect(again.status).toBe(200);
  expect(await it.count()).toMatchObject({ incidents: 1 });
  expect(it.dispatched).not.toEqual([]);
  expect(it.lines.some((line) => JSON.parse(line).err?.type !== undefined)).toBe(true);
});

test('a notification of several pools is stored whole or not at all', async () => {
  const before = await it.count();
  // The second pool's row cannot be written: the first must not stay behind.
  await it.store.pool.query(`
    create function no_such_pool() returns trigger language plpgsql as
      $$ begin if new.pool = 'users' then raise exception 'no'; end if; return new; end $$;
    create trigger no_such_pool before insert on incidents for each row execute function no_such_pool()`);
  const body = notification([alertOf('x'), alertOf('users'), alertOf('y')], { groupKey: 'whole' });
  expect((await it.post(body)).status).toBe(503);
  expect(await it.count()).toEqual(before);

  await it.store.pool.query('drop trigger no_such_pool on incidents');
  expect((await it.post(body)).body.incidents).toHaveLength(2);
});

test('when the answer to the commit is lost, sending again finds the incident and opens no second', async () => {
  const body = notification([alertOf('z')], { groupKey: 'lost' });
  const before = await it.count();
  it.way.loseNextCommit();
  expect((await it.post(body)).status).toBe(503);
  await until(async () => (await it.count()).incidents === before.incidents + 1, 'the commit is carried out');
  const after = await it.count();
  const again = await it.post(body);
  expect([again.status, again.body.incidents?.length]).toEqual([200, 1]);
  expect(await it.count()).toEqual(after);
});

test('when no id can be had, nothing is stored and the sender is asked to come again', async () => {
  const broken = await house({
    nextIncidentId: () => Promise.reject(new Error('the sequence is gone')),
  });
  expect((await broken.post(notification())).status).toBe(503);
  expect(await broken.count()).toMatchObject({ incidents: 0 });
  await broken.close();
});

test('a fault in finding the pool is our own, not the sender', async () => {
  const broken = await house({
    poolFor: () => {
      throw new Error('a broken rule');
    },
  });
  expect((await broken.post(notification())).status).toBe(503);
  await broken.close();
});
