import { DAY_MS, HOUR_MS, LONGEST_DURATION_MS, MINUTE_MS, SECOND_MS } from '../config/duration.ts';

const UNITS: readonly (readonly [RegExp, number])[] = [
  [/^(ms|milliseconds?)$/, 1],
  [/^(s|sec|seconds?)$/, SECOND_MS],
  [/^(m|min|minutes?)$/, MINUTE_MS],
  [/^(h|hours?)$/, HOUR_MS],
  [/^(d|days?)$/, DAY_MS],
  [/^weeks?$/, 7 * DAY_MS],
];

/**
 * Reads a time as prose has it, in whole milliseconds: `5 minutes`, `5m`, `1 week`.
 *
 * @returns `undefined` for anything else, and for more than a year
 */
export function spanOf(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,9}) ?([a-z]{1,12})$/.exec(text.trim().toLowerCase()) ?? [];
  const size = UNITS.find(([form]) => form.test(unit))?.[1];
  if (amount === undefined || size === undefined) return undefined;
  const ms = Number(amount) * size;
  return ms <= LONGEST_DURATION_MS ? ms : undefined;
}

/** The first time that a text names: that of `Immediate (under 2 minutes)` is two minutes. */
export function spanIn(text: string): number | undefined {
  for (const [found] of text.matchAll(/\b\d{1,9} ?[A-Za-z]{1,12}\b/g)) {
    const ms = spanOf(found);
    if (ms !== undefined) return ms;
  }
  return undefined;
}
