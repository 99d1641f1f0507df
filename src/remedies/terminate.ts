import type { Preview, RemedyOutcome } from '../incident/remedy.ts';
import { duration } from '../incident/words.ts';
import type { Lifeline } from '../pool/lifeline.ts';
import { type Backend, findBackend } from '../pool/sessions.ts';
import { terminateBackend } from './executors/postgres.ts';
import type { RemedyPlan } from './remedy.ts';

/** Why there is no plan; `protected` when the backend exists and must not be ended. */
export interface NoPlan {
  readonly refused: string;
  readonly protected: boolean;
}

/** A transaction that has been open this long may take as long again to roll back. */
const LONG_TRANSACTION_MS = 60_000;

/**
 * Looks at a backend afresh and says what ending it would mean.
 *
 * @param backendStart which backend is meant; left out, whichever has the pid now
 * @throws as `Lifeline.query` does
 */
export async function planTerminate(
  lifeline: Lifeline,
  pid: number,
  backendStart: string | undefined,
  now: Date,
): Promise<RemedyPlan | NoPlan> {
  const backend = await findBackend(lifeline, pid);
  if (backend === undefined) {
    return { refused: `There is no backend with pid ${pid} any more; nothing was done.`, protected: false };
  }
  if (backendStart !== undefined && backend.backendStart !== backendStart) {
    return {
      refused: `The backend you saw as pid ${pid} has ended, and the pid belongs to another one now; nothing was done.`,
      protected: false,
    };
  }
  if (backend.obstacle !== null || backend.backendStart === null) {
    return {
      refused: `Not possible: ${backend.obstacle ?? 'it cannot be told which backend this is'}.`,
      protected: true,
    };
  }
  return {
    action: 'terminate',
    target: { kind: 'backend', pid, backendStart: backend.backendStart },
    preview: previewOf(backend, now),
  };
}

/** Ends the backend that was approved, if it is still that one. Safe to run twice. */
export async function executeTerminate(
  lifeline: Lifeline,
  target: RemedyPlan['target'],
  again: boolean,
): Promise<{ outcome: RemedyOutcome; detail: string; ms: number }> {
  const result = await terminateBackend(lifeline, target);
  return {
    outcome: outcomeOf(result.outcome, again),
    detail: detailOf(result, target.pid, again),
    ms: result.ms,
  };
}

/** After a crash the backend being gone is what the first try was for. */
function outcomeOf(
  outcome: Awaited<ReturnType<typeof terminateBackend>>['outcome'],
  again: boolean,
): RemedyOutcome {
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

function previewOf(backend: Backend, now: Date): Preview {
  const application = backend.application === '' ? 'no application name' : backend.application;
  const facts = [
    { label: 'Who', value: `${application}, ${backend.user} from ${backend.client ?? 'unknown'}` },
    { label: 'State', value: `${backend.state} for ${duration(backend.stateMs ?? 0)}` },
    {
      label: 'Blocks',
      value: backend.blocksInAll === 0 ? 'nobody' : `${backend.blocksInAll} sessions, freed by this`,
    },
    { label: 'Connected', value: `${duration(backend.connectedMs ?? 0)} ago` },
  ];
  if (backend.transactionMs !== null) {
    facts.push({ label: 'Transaction', value: `open for ${duration(backend.transactionMs)}` });
  }
  if (backend.blockedBy.length > 0) {
    facts.push({
      label: 'Waits for',
      value: backend.blockedBy.map((pid) => (pid === 0 ? 'a prepared transaction' : `pid ${pid}`)).join(', '),
    });
  }
  return {
    title: `Terminate backend ${backend.pid} (${application})`,
    facts,
    query: backend.query,
    risks: risksOf(backend),
    takenAt: now.toISOString(),
  };
}

function risksOf(backend: Backend): string[] {
  const risks: string[] = [];
  if (backend.transactionMs !== null) {
    risks.push(
      'Its transaction is rolled back: what it has not committed is lost, and the application gets an error.',
    );
  }
  if ((backend.transactionMs ?? 0) > LONG_TRANSACTION_MS) {
    risks.push('A long transaction can take a while to roll back.');
  }
  if (backend.blockedBy.length > 0) {
    risks.push('It waits for another session itself: ending that one frees more.');
  }
  return risks;
}
