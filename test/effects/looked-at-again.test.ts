import { afterAll, beforeAll, expect, test } from 'vitest';
import { MINUTE, SECOND } from '../incident/given.ts';
import { type TestStore, testStore } from '../store/fixture.ts';
import { testWorks } from './works.ts';

let db: TestStore;
beforeAll(async () => {
  db = await testStore({ connections: 10 });
});
afterAll(() => db?.close());

test('an effect that is not over is owed in the store until it is, whoever runs it then', async () => {
  const first = await testWorks(db, { dispatched: [] });
  const incident = await first.fire();
  const [row] = await db.query<{ id: string }>(
    `select id from effects where incident = $1 and kind = 'check.step' order by n limit 1`,
    [incident.id],
  );
  const id = row?.id ?? '';
  first.act = () => ({ againAfterMs: MINUTE });
  await first.runner.run(id);
  await first.stop();
  const [left] = await db.query<{ status: string; inMs: number }>(
    `select status, extract(epoch from due - clock_timestamp())::float8 * 1000 as "inMs" from effects where id = $1`,
    [id],
  );
  expect(left?.status).toBe('owed');
  expect(left?.inMs).toBeGreaterThan(MINUTE - 10 * SECOND);
  expect(left?.inMs).toBeLessThanOrEqual(MINUTE);

  const second = await testWorks(db, { dispatched: [] });
  second.act = () => ({});
  await second.runner.run(id);
  expect(second.handed).toEqual([]);
  await db.query(`update effects set due = clock_timestamp() where id = $1`, [id]);
  await second.runner.run(id);
  expect(second.handed.map((effect) => effect.id)).toEqual([id]);
  await second.stop();
});
