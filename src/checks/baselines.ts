import type { Lifeline } from '../pool/lifeline.ts';
import { findStatements, readCounters, type StatementCounters } from '../pool/statements.ts';

/** Readings closer together than this tell nothing more. */
const EVERY_MS = 60_000;
/** An hour and a half of readings: more than any incident's opening lies back when it is diagnosed. */
const MOST_KEPT = 90;

/**
 * Readings of pg_stat_statements from before an incident, so that its own time can be told apart. Kept in
 * memory: after a restart there is none, and the totals have to do.
 */
export class Baselines {
  readonly #kept = new Map<string, StatementCounters[]>();

  /** Takes a reading of the pool when the last one is a minute old. A pool without the extension has none. */
  async remember(pool: string, lifeline: Lifeline, now: Date): Promise<void> {
    const kept = this.#kept.get(pool) ?? [];
    const last = kept.at(-1);
    if (last !== undefined && now.getTime() - last.at < EVERY_MS) return;
    try {
      const extension = await findStatements(lifeline);
      if ('missing' in extension) return;
      kept.push(await readCounters(lifeline, extension));
      if (kept.length > MOST_KEPT) kept.shift();
      this.#kept.set(pool, kept);
    } catch {
      // The check itself says why there are no statements to read.
    }
  }

  /** The last reading before `moment`, or the earliest there is. */
  before(pool: string, moment: Date): StatementCounters | undefined {
    const kept = this.#kept.get(pool) ?? [];
    return kept.findLast((one) => one.at <= moment.getTime()) ?? kept[0];
  }
}
