/** The times of a page's retries, in milliseconds. */
const WAIT = { least: 500, most: 15_000 } as const;

/** A page that has not gone out for this long is said loudly in the thread. */
export const LOUD_AFTER_MS = 60_000;

/**
 * How long to wait before the next try of a page: about as long as it has been tried for, with jitter
 * between half and all of it, so that what failed together does not come back together. The first look
 * after {@link LOUD_AFTER_MS} is never missed, whatever PagerDuty asks for.
 *
 * @param ageMs for how long the page has been owed
 * @param askedMs what PagerDuty asks to wait; obeyed, but for the look
 * @param random a number in [0, 1)
 * @returns milliseconds
 */
export function patienceMs(ageMs: number, askedMs: number | undefined, random: number): number {
  const full = Math.min(WAIT.most, Math.max(WAIT.least, ageMs));
  const wait = askedMs ?? Math.round(full / 2 + (full / 2) * random);
  return ageMs < LOUD_AFTER_MS ? Math.min(wait, LOUD_AFTER_MS - ageMs) : wait;
}

/** Until when PagerDuty wants to be left alone, by routing key; in this process alone. */
export class Quiet {
  readonly #until = new Map<string, number>();
  readonly #now: () => number;

  /** @param now a clock in milliseconds that does not jump */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** PagerDuty asked for `ms` milliseconds without requests by `key`. */
  ask(key: string, ms: number): void {
    this.#until.set(key, this.#now() + ms);
  }

  /** Milliseconds that are left of it; `undefined` when it may be asked. */
  left(key: string): number | undefined {
    const left = (this.#until.get(key) ?? 0) - this.#now();
    if (left > 0) return Math.ceil(left);
    this.#until.delete(key);
    return undefined;
  }
}
