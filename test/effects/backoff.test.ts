import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs, OUTSIDE } from '../../src/effects/backoff.ts';

const tables = fc
  .record({
    minMs: fc.integer({ min: 1, max: 10_000 }),
    spread: fc.integer({ min: 1, max: 100 }),
    factor: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ minMs, spread, factor }) => ({ minMs, maxMs: minMs * spread, factor }));
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('every wait lies between half and all of the exponential one, and never above the longest', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), random, tables, (attempt, chance, table) => {
      const full = Math.min(table.maxMs, table.minMs * table.factor ** (attempt - 1));
      const wait = backoffMs(attempt, chance, table);
      expect(Number.isInteger(wait)).toBe(true);
      expect(wait).toBeGreaterThanOrEqual(Math.floor(full / 2));
      expect(wait).toBeLessThanOrEqual(Math.min(table.maxMs, Math.ceil(full)));
    }),
  );
});

test('with the same luck a later try never waits less', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), random, tables, (attempt, chance, table) => {
      expect(backoffMs(attempt + 1, chance, table)).toBeGreaterThanOrEqual(backoffMs(attempt, chance, table));
    }),
  );
});

test('outside systems are tried again within half a second at first, and every half minute in the end', () => {
  expect([1, 2, 3, 4, 50, 5_000].map((attempt) => backoffMs(attempt, 0, OUTSIDE))).toEqual([
    250, 500, 1_000, 2_000, 15_000, 15_000,
  ]);
  expect(backoffMs(5_000, 0.999_999, OUTSIDE)).toBe(30_000);
});

test('what failed together does not come back together', () => {
  const waits = Array.from({ length: 50 }, (_, index) => backoffMs(6, index / 50));
  expect(new Set(waits).size).toBeGreaterThan(40);
});
