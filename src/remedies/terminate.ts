import type { BackendTarget } from '../incident/remedy.ts';
import { applicationOf, factsOf, lookFor, resultOf, risksOf } from './backend.ts';
import { terminateBackend } from './executors/postgres.ts';
import { poolReading } from './reading.ts';
import type { Remedy } from './remedy.ts';

/** Ends one backend: the session that is to blame, or the root of a blocking chain. */
export interface TerminateWish {
  readonly action: 'terminate';
  readonly pid: number;
  /** Which backend is meant; left out, whichever has the pid now. */
  readonly backendStart?: string;
}

/** The remedy `terminate`. */
export const terminate: Remedy<TerminateWish, BackendTarget> = {
  async preview(lifeline, { pid, backendStart }, now) {
    const backend = await lookFor(lifeline, pid, backendStart);
    if ('refused' in backend) return backend;
    return {
      action: 'terminate',
      target: { kind: 'backend', pid, backendStart: backend.backendStart },
      preview: {
        title: `Terminate backend ${pid} (${applicationOf(backend.application)})`,
        facts: factsOf(backend),
        query: backend.query,
        risks: risksOf(backend),
        takenAt: now.toISOString(),
      },
    };
  },
  wishOf: ({ pid, backendStart }) => ({ action: 'terminate', pid, backendStart }),
  holds: (approved, found) => approved.backendStart === found.backendStart,
  execute: async (lifeline, target, again) => {
    const result = await terminateBackend(lifeline, target);
    // The pid alone would be taken for the session that lives now.
    const over =
      result.outcome === 'moved_on'
        ? `the backend you saw as pid ${target.pid} is gone, and the pid belongs to another one now`
        : `backend ${target.pid} is gone`;
    return resultOf(result, again, over);
  },
  verify: poolReading,
};
