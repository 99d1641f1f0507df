import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aboveSince, type Point, seriesOf, sparkline, stretches } from '../../src/pool/series.ts';

const START = Date.UTC(2026, 0, 2, 10);
const STEP_MS = 15_000;
const MINUTE_MS = 60_000;

/** Samples 15 s apart. */
function every15s(values: readonly number[], from = START): Point[] {
  return values.map((value, index) => ({ at: new Date(from + index * STEP_MS), value }));
}

const values = fc.array(fc.double({ min: 0, max: 110, noNaN: true }), { minLength: 1, maxLength: 120 });

describe('what a run of samples says', () => {
  test('nothing, when there are none or none is a number', () => {
    expect(seriesOf([])).toBeUndefined();
    expect(seriesOf([{ at: new Date(START), value: Number.NaN }])).toBeUndefined();
  });

  test('the order in which the samples come changes nothing', () => {
    fc.assert(
      fc.property(
        values.chain((all) =>
          fc.tuple(fc.constant(every15s(all)), fc.shuffledSubarray(every15s(all), { minLength: all.length })),
        ),
        ([ordered, shuffled]) => {
          expect(seriesOf(shuffled)).toEqual(seriesOf(ordered));
        },
      ),
    );
  });

  test('now is the newest value and the peak is never below any', () => {
    fc.assert(
      fc.property(values, (all) => {
        const series = seriesOf(every15s(all));
        expect(series?.now).toBe(all.at(-1));
        expect(series?.peak.value).toBe(Math.max(...all));
      }),
    );
  });

  test('a straight line gives its slope, and the moment at which it reaches 100', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 4, noNaN: true }),
        fc.integer({ min: 8, max: 40 }),
        (perMinute, count) => {
          const line = Array.from({ length: count }, (_, index) => 20 + (index / 4) * perMinute);
          const series = seriesOf(every15s(line));
          expect(series?.slopePerMinute).toBeCloseTo(perMinute, 6);
          const fullMs = START + ((100 - 20) / perMinute) * MINUTE_MS;
          expect(Math.abs((series?.fullAt?.getTime() ?? 0) - fullMs)).toBeLessThan(10);
        },
      ),
    );
  });

  test('one wild sample does not turn the slope', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 38 }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (where, wild) => {
          const line = Array.from({ length: 40 }, (_, index) => 30 + index / 4);
          const slope = seriesOf(every15s(line.with(where, wild)))?.slopePerMinute;
          expect(slope).toBeGreaterThan(0.8);
          expect(slope).toBeLessThan(1.2);
        },
      ),
    );
  });

  test('a flat or falling line is never full, and what is full is full now', () => {
    expect(seriesOf(every15s(Array(20).fill(80)))?.fullAt).toBeUndefined();
    expect(seriesOf(every15s(Array.from({ length: 20 }, (_, index) => 90 - index)))?.fullAt).toBeUndefined();
    const full = every15s(Array(20).fill(100));
    expect(seriesOf(full)?.fullAt).toEqual(full.at(-1)?.at);
  });

  test('only the last ten minutes count for the slope', () => {
    const rising = Array.from({ length: 80 }, (_, index) => 10 + index * 0.5);
    expect(seriesOf(every15s([...rising, ...Array(41).fill(50)]))?.slopePerMinute).toBe(0);
  });

  test('too little to tell by gives no slope, and a gap is not bridged for it', () => {
    expect(seriesOf(every15s([10, 20, 30]))?.slopePerMinute).toBeUndefined();
    const torn = [...every15s(Array(20).fill(10)), ...every15s([80, 80], START + 8 * MINUTE_MS)];
    expect(seriesOf(torn)).toMatchObject({ now: 80, gaps: 1 });
    expect(seriesOf(torn)?.slopePerMinute).toBeUndefined();
  });
});

describe('since when it has been over a threshold', () => {
  test('every sample from then on is over it, and the one before is not', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 1, max: 110, noNaN: true }), (all, threshold) => {
        const points = every15s(all);
        const since = aboveSince(points, threshold);
        const from = points.findIndex(({ at }) => at.getTime() === since?.getTime());
        if (since === undefined) {
          expect(all.at(-1)).toBeLessThan(threshold);
          return;
        }
        expect(all.slice(from).every((value) => value >= threshold)).toBe(true);
        if (from > 0) expect(all[from - 1]).toBeLessThan(threshold);
      }),
    );
  });

  test('a missed stretch of ten minutes does not begin it anew, a longer one does', () => {
    const bridged = [...every15s([95]), ...every15s([95], START + 10 * MINUTE_MS)];
    expect(aboveSince(bridged, 90)).toEqual(new Date(START));
    const torn = [...every15s([95]), ...every15s([95], START + 11 * MINUTE_MS)];
    expect(aboveSince(torn, 90)).toEqual(new Date(START + 11 * MINUTE_MS));
  });
});

describe('the sparkline', () => {
  const span = { from: new Date(START), to: new Date(START + 4 * MINUTE_MS) };

  test('shows the highest of each stretch, and a dot where there is no sample', () => {
    const points = [...every15s([0, 100]), ...every15s([50], START + 3 * MINUTE_MS)];
    expect(sparkline(points, { ...span, width: 4 })).toBe('█··▄');
  });

  test('has as many characters as asked for, whatever the values', () => {
    const wild = fc.array(fc.double(), { maxLength: 30 });
    fc.assert(
      fc.property(wild, fc.integer({ min: 1, max: 60 }), (all, width) => {
        expect([...sparkline(every15s(all), { ...span, width })]).toHaveLength(width);
      }),
    );
  });
});

test('points are split where samples were missed, and none is lost', () => {
  const parts = stretches([...every15s([1, 2]), ...every15s([3], START + MINUTE_MS + STEP_MS * 2)]);
  expect(parts.map((part) => part.map(({ value }) => value))).toEqual([[1, 2], [3]]);
});
