import { type Activity, readActivity } from '../pool/activity.ts';
import type { Lifeline } from '../pool/lifeline.ts';
import { type LockGraph, readLocks } from '../pool/locks.ts';

/** A snapshot this young serves the next check too: five steps that start together cost the server one. */
const FRESH_MS = 1_000;

/**
 * Who is connected and who waits for whom, for all checks that ask within a second. A read that fails
 * is forgotten at once.
 */
export class Snapshots {
  readonly #lifeline: Lifeline;
  readonly #clock: () => number;
  readonly #kept = new Map<string, { readonly at: number; readonly read: Promise<unknown> }>();

  /** @param clock milliseconds that only ever grow */
  constructor(lifeline: Lifeline, clock: () => number = () => performance.now()) {
    this.#lifeline = lifeline;
    this.#clock = clock;
  }

  /** All client backends. Throws as `Lifeline.query` does. */
  activity(): Promise<Activity> {
    return this.#fresh('activity', () => readActivity(this.#lifeline));
  }

  /** The lock queues. Throws as `Lifeline.query` does. */
  locks(): Promise<LockGraph> {
    return this.#fresh('locks', () => readLocks(this.#lifeline));
  }

  #fresh<T>(key: string, read: () => Promise<T>): Promise<T> {
    const kept = this.#kept.get(key);
    if (kept !== undefined && this.#clock() - kept.at < FRESH_MS) return kept.read as Promise<T>;
    const started = { at: this.#clock(), read: read() };
    this.#kept.set(key, started);
    started.read.catch(() => {
      if (this.#kept.get(key) === started) this.#kept.delete(key);
    });
    return started.read;
  }
}
