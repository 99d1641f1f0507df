import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { detection } from '../../src/pool/detection.ts';

const START = Date.UTC(2026, 0, 2, 10);
const STEP_MS = 15_000;
const MINUTE_MS = 60_000;
const CONFIG = { above: 90, forMs: 5 * MINUTE_MS, warn: 75 };

/** `[value, minutes]` after `[value, minutes]`, a sample every 15 s. */
function verdictAfter(...parts: readonly (readonly [value: number, minutes: number])[]) {
  const values = parts.flatMap(([value, minutes]) => Array<number>(minutes * 4).fill(value));
  const history = values.map((value, index) => ({ at: new Date(START + index * STEP_MS), value }));
  return detection(history, CONFIG, new Date(START + values.length * STEP_MS));
}

const minute = (n: number) => new Date(START + n * MINUTE_MS);

describe('what the samples say', () => {
  test('nothing while the pool is calm, or without samples', () => {
    expect(verdictAfter([50, 30])).toEqual({ verdict: 'none' });
    expect(detection([], CONFIG, minute(0))).toEqual({ verdict: 'none' });
  });

  test('a warning once it has been over the warning line for half a minute, with the moment it crossed', () => {
    expect(verdictAfter([50, 5], [80, 0.5]).verdict).toBe('none');
    expect(verdictAfter([50, 5], [80, 1])).toEqual({ verdict: 'warn', since: minute(5) });
  });

  test('an incident once it has been over for as long as the configuration says', () => {
    expect(verdictAfter([50, 5], [95, 5]).verdict).toBe('warn');
    expect(verdictAfter([50, 5], [95, 5.25])).toEqual({ verdict: 'open', since: minute(5) });
  });

  test('a dip below the line begins the time anew', () => {
    expect(verdictAfter([95, 4], [89, 0.25], [95, 4]).verdict).toBe('warn');
  });

  test('without a warning line there is no warning', () => {
    const history = Array.from({ length: 20 }, (_, index) => ({
      at: new Date(START + index * STEP_MS),
      value: 89,
    }));
    const { above, forMs } = CONFIG;
    expect(detection(history, { above, forMs }, minute(10))).toEqual({ verdict: 'none' });
  });

  test('an incident stays while the value wavers about the line, and is over after a minute well below', () => {
    expect(verdictAfter([95, 6], [88, 20]).verdict).toBe('open');
    expect(verdictAfter([95, 6], [84, 1]).verdict).toBe('open');
    expect(verdictAfter([95, 6], [84, 1.25])).toEqual({ verdict: 'clear', since: minute(0), over: 'open' });
  });

  test('what comes down from an incident is not warned of again before it was calm', () => {
    expect(verdictAfter([95, 6], [80, 30]).verdict).toBe('clear');
    expect(verdictAfter([95, 6], [50, 2], [80, 1])).toEqual({ verdict: 'warn', since: minute(8) });
  });

  test('a warning that passes is over without an incident', () => {
    expect(verdictAfter([80, 2], [60, 2])).toEqual({ verdict: 'clear', since: minute(0), over: 'warn' });
  });

  test('a gap is not calm: an incident stays open over it', () => {
    const history = [0, 1, 2, 3, 4, 5, 6].map((n) => ({ at: minute(n), value: 95 }));
    expect(detection([...history, { at: minute(40), value: 95 }], CONFIG, minute(41)).verdict).toBe('open');
    expect(detection(history, CONFIG, minute(40)).verdict).toBe('open');
  });

  test('what lies before a gap of more than ten minutes does not count towards the time', () => {
    const history = [
      { at: minute(0), value: 95 },
      { at: minute(20), value: 95 },
    ];
    expect(detection(history, CONFIG, minute(20)).verdict).toBe('none');
  });

  test('samples of the future are left out', () => {
    const history = Array.from({ length: 40 }, (_, n) => ({ at: minute(n), value: 95 }));
    expect(detection(history, CONFIG, minute(2)).verdict).toBe('warn');
  });

  test('every replica comes to the same, in whatever order it has the samples', () => {
    const values = fc.array(fc.integer({ min: 0, max: 105 }), { maxLength: 80 });
    fc.assert(
      fc.property(values, (all) => {
        const history = all.map((value, index) => ({ at: new Date(START + index * MINUTE_MS), value }));
        const now = minute(all.length);
        expect(detection(history.toReversed(), CONFIG, now)).toEqual(detection(history, CONFIG, now));
      }),
    );
  });

  test('below the warning line it never opens, whatever the samples', () => {
    const values = fc.array(fc.double({ min: 0, max: 74.9, noNaN: true }), { maxLength: 80 });
    fc.assert(
      fc.property(
        values,
        (all) => verdictAfter(...all.map((value) => [value, 0.25] as const)).verdict === 'none',
      ),
    );
  });
});
