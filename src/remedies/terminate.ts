import type { BackendTarget, RemedyOutcome } from '../incident/remedy.ts';
import { applicationOf, factsOf, lookFor, risksOf } from './backend.ts';
import { type TerminateResult, terminateBackend } from './executors/postgres.ts';
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
  async execute(lifeline, target, again) {
    const result = await terminateBackend(lifeline, target);
    return {
      outcome: outcomeOf(result.outcome, again),
      detail: detailOf(result, target.pid, again),
      ms: result.ms,
    };
  },
  verify: poolReading,
};

/** After a crash the backend being gone is what the first try was for. */
function outcomeOf(outcome: TerminateResult['outcome'], again: boolean): RemedyOutcome {
  switch (outcome) {
    case 'terminated':
      return 'done';
    case 'gone':
    case 'moved_on':
      return again ? 'done' : 'nothing_to_do';
    case 'refused':
      return 'refused';
    case 'still_there':
      return 'failed';
  }
}

function detailOf(result: { outcome: string; detail: string }, pid: number, again: boolean): string {
  if (again && (result.outcome === 'gone' || result.outcome === 'moved_on')) {
    return `backend ${pid} is gone; Lifeguard was restarted while ending it, and did nothing a second time`;
  }
  return result.detail;
}
