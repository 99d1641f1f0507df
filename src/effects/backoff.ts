/** The times of a retry, in milliseconds. */
export interface RetryTable {
  /** The first wait. */
  readonly minMs: number;
  /** No wait is longer. */
  readonly maxMs: number;
  /** Each wait is this many times the one before. */
  readonly factor: number;
}

/** Outside systems that are down: quick at first, since most faults are blinks, and never slower than half a minute. */
export const OUTSIDE: RetryTable = { minMs: 500, maxMs: 30_000, factor: 2 };

/**
 * How long to wait before the next try, with jitter: between half and all of the exponential wait,
 * so that what failed together does not come back together.
 *
 * @param attempt the try that has just failed, from 1
 * @param random a number in [0, 1)
 * @returns milliseconds
 */
export function backoffMs(attempt: number, random: number, table: RetryTable = OUTSIDE): number {
  const full = Math.min(table.maxMs, table.minMs * table.factor ** Math.max(0, attempt - 1));
  return Math.round(full / 2 + (full / 2) * random);
}
