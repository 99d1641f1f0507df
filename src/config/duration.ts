/** Milliseconds in a second. */
export const SECOND_MS = 1_000;
/** Milliseconds in a minute. */
export const MINUTE_MS = 60 * SECOND_MS;
/** Milliseconds in an hour. */
export const HOUR_MS = 60 * MINUTE_MS;
/** Milliseconds in a day. */
export const DAY_MS = 24 * HOUR_MS;

/** Longer durations are slips of the pen: nothing in an incident waits a year. */
export const LONGEST_DURATION_MS = 365 * DAY_MS;

/** Milliseconds in each unit, the largest first. */
const UNITS = { d: DAY_MS, h: HOUR_MS, m: MINUTE_MS, s: SECOND_MS, ms: 1 } as const;

/** A whole number and its unit. */
export const DURATION_PATTERN = /^(\d+)(ms|s|m|h|d)$/;

/**
 * Reads a duration such as `500ms`, `30s`, `5m`, `2h` or `1d`.
 *
 * @returns whole milliseconds, from 0 to `LONGEST_DURATION_MS`
 * @throws RangeError whose message is a predicate without a subject, as in "is not a duration: …"
 */
export function parseDuration(text: string): number {
  const [, amount, unit] = DURATION_PATTERN.exec(text) ?? [];
  if (amount === undefined || !isUnit(unit)) {
    throw new RangeError('is not a duration: write a whole number with ms, s, m, h or d, for example 30s');
  }
  const ms = Number(amount) * UNITS[unit];
  if (ms > LONGEST_DURATION_MS) {
    throw new RangeError(`is too long: at most ${formatDuration(LONGEST_DURATION_MS)}`);
  }
  return ms;
}

/**
 * Writes milliseconds as `parseDuration` reads them, in the largest unit that leaves no remainder:
 * 90,000 is `90s`, 600,000 is `10m`.
 *
 * @throws RangeError when `ms` is negative or not whole
 */
export function formatDuration(ms: number): string {
  if (!Number.isSafeInteger(ms) || ms < 0) {
    throw new RangeError(`a duration is a whole number of milliseconds from 0, not ${ms}`);
  }
  if (ms === 0) return '0s';
  for (const [unit, size] of Object.entries(UNITS)) {
    if (ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}

function isUnit(unit: string | undefined): unit is keyof typeof UNITS {
  return unit !== undefined && Object.hasOwn(UNITS, unit);
}
