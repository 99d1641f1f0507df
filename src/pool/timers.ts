/** The clock and the timers of whatever waits; tests pass their own and move it by hand. */
export interface Timers {
  /** The present moment. */
  now(): Date;
  /** Runs `work` once in `ms` milliseconds; the function it returns calls that off. */
  after(ms: number, work: () => void): () => void;
}

/** The real clock. */
export const systemTimers: Timers = {
  now: () => new Date(),
  after: (ms, work) => {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};

/** Waits `ms` milliseconds of the clock of `timers`. */
export function pause(timers: Timers, ms: number): Promise<void> {
  return new Promise((done) => {
    timers.after(ms, done);
  });
}
