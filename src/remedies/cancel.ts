import type { BackendTarget } from '../incident/remedy.ts';
import { duration } from '../incident/words.ts';
import { applicationOf, factsOf, lookFor, resultOf } from './backend.ts';
import { cancelQuery } from './executors/postgres.ts';
import { poolReading } from './reading.ts';
import type { Remedy } from './remedy.ts';

/** Cancels one query; its connection stays. */
export interface CancelWish {
  readonly action: 'cancel';
  readonly pid: number;
  readonly backendStart?: string;
  /** Which query is meant; left out, the one that the backend is at now. */
  readonly queryStart?: string;
}

/** A target without it was stored by nothing that could cancel; it then names no query. */
type QueryTarget = BackendTarget & { readonly queryStart: string };

/** The remedy `cancel`. */
export const cancel: Remedy<CancelWish, QueryTarget> = {
  async preview(lifeline, { pid, backendStart, queryStart }, now) {
    const backend = await lookFor(lifeline, pid, backendStart);
    if ('refused' in backend) return backend;
    if (backend.state !== 'active' || backend.queryStart === null) {
      return {
        refused: `Backend ${pid} is at no query now (${backend.state}), so there is nothing to cancel; nothing was done.`,
        protected: false,
      };
    }
    if (queryStart !== undefined && queryStart !== backend.queryStart) {
      return {
        refused: `Backend ${pid} is no longer at the query you saw; nothing was done.`,
        protected: false,
      };
    }
    const risks = ['The application gets an error for this query; its connection stays.'];
    if (backend.transactionMs !== null && (backend.queryMs ?? 0) < backend.transactionMs) {
      risks.push('What its transaction did before this query is lost, too, unless it set a savepoint.');
    }
    if (backend.blockedBy.length > 0) {
      risks.push('It waits for another session itself: ending that one frees more.');
    }
    return {
      action: 'cancel',
      target: { kind: 'backend', pid, backendStart: backend.backendStart, queryStart: backend.queryStart },
      preview: {
        title: `Cancel the query of backend ${pid} (${applicationOf(backend.application)})`,
        facts: [{ label: 'Running for', value: duration(backend.queryMs ?? 0) }, ...factsOf(backend)],
        query: backend.query,
        risks,
        takenAt: now.toISOString(),
      },
    };
  },
  wishOf: ({ pid, backendStart, queryStart }) => ({ action: 'cancel', pid, backendStart, queryStart }),
  holds: (approved, found) => approved.queryStart === found.queryStart,
  execute: async (lifeline, target, again) =>
    resultOf(await cancelQuery(lifeline, target), again, `the query of backend ${target.pid} is over`),
  verify: poolReading,
};
