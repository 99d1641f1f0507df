import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Sample, Samples } from '../../src/store/samples.ts';
import { type TestStore, testStore } from './fixture.ts';

const START = Date.UTC(2026, 0, 2, 10);

let bench: TestStore;
let samples: Samples;
beforeAll(async () => {
  bench = await testStore();
  samples = new Samples(bench.store.pool);
});
beforeEach(() => bench.query('truncate samples'));
afterAll(() => bench.close());

function sample(n: number, used = 10): Sample {
  return { at: new Date(START + n * 15_000), used, usable: 20, active: 4, idle: 5, idleInTransaction: 1 };
}

test('samples come back as they were kept, oldest first, from the moment asked for, of one pool', async () => {
  for (const n of [2, 0, 1]) expect(await samples.insert('orders', sample(n, n))).toBe(true);
  await samples.insert('billing', sample(1));
  expect(await samples.since('orders', sample(1).at)).toEqual([sample(1, 1), sample(2, 2)]);
});

test('two samples of one moment are one row: the first stays', async () => {
  expect(await samples.insert('orders', sample(0, 7))).toBe(true);
  expect(await samples.insert('orders', sample(0, 8))).toBe(false);
  expect(await samples.since('orders', new Date(0))).toEqual([sample(0, 7)]);
});

test('what is older than a day is deleted, chunk by chunk, and nothing else', async () => {
  for (let n = 0; n < 7; n += 1) await samples.insert('orders', sample(n));
  const dayLater = new Date(sample(5).at.getTime() + 24 * 60 * 60_000);
  expect(await samples.forget(dayLater, 2)).toBe(5);
  expect(await samples.since('orders', new Date(0))).toEqual([sample(5), sample(6)]);
  expect(await samples.forget(dayLater, 2)).toBe(0);
});

test('replicas that delete at the same time do not wait for each other or fail', async () => {
  for (let n = 0; n < 20; n += 1) await samples.insert('orders', sample(n));
  const later = new Date(START + 48 * 60 * 60_000);
  const gone = await Promise.all([
    samples.forget(later, 3),
    samples.forget(later, 3),
    samples.forget(later, 3),
  ]);
  const left = await samples.since('orders', new Date(0));
  expect(gone.reduce((sum, n) => sum + n, 0) + left.length).toBe(20);
});
