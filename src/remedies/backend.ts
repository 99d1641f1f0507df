import { duration } from '../incident/words.ts';
import type { Lifeline } from '../pool/lifeline.ts';
import { type Backend, findBackend } from '../pool/sessions.ts';
import type { SignalResult } from './executors/postgres.ts';
import type { NoPlan, RemedyResult } from './remedy.ts';

/** A transaction that has been open this long may take as long again to roll back. */
const LONG_TRANSACTION_MS = 60_000;

/** A backend that may be touched: it can be told from every other. */
export type NamedBackend = Backend & { readonly backendStart: string };

/**
 * Looks for the backend that is meant.
 *
 * @param backendStart which one; left out, whichever has the pid now
 */
export async function lookFor(
  lifeline: Lifeline,
  pid: number,
  backendStart: string | undefined,
): Promise<NamedBackend | NoPlan> {
  const backend = await findBackend(lifeline, pid);
  if (backend === undefined) {
    return { refused: `There is no backend with pid ${pid} any more; nothing was done.`, protected: false };
  }
  if (backendStart !== undefined && backend.backendStart !== backendStart && backend.backendStart !== null) {
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
  return { ...backend, backendStart: backend.backendStart };
}

/** The application's name, or that it has none. */
export function applicationOf(name: string): string {
  return name === '' ? 'no application name' : name;
}

/** What people should see of a backend before they approve. */
export function factsOf(backend: Backend): { label: string; value: string }[] {
  const facts = [
    {
      label: 'Who',
      value: `${applicationOf(backend.application)}, ${backend.user} from ${backend.client ?? 'unknown'}`,
    },
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
  return facts;
}

/** What may go wrong where a transaction is given up. */
export function risksOf(backend: Backend): string[] {
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

/**
 * What a signal came to. After a crash the target being gone is what the first run was for: then it is said
 * that this run did nothing.
 *
 * @param over what is over then, as a sentence begins: `backend 4711 is gone`
 */
export function resultOf(
  { outcome, detail, ms }: SignalResult<string>,
  again: boolean,
  over: string,
): RemedyResult {
  switch (outcome) {
    case 'gone':
    case 'moved_on':
      return again
        ? {
            outcome: 'done',
            detail: `${over}; Lifeguard was restarted or cut off while at it, and did nothing a second time`,
            ms,
          }
        : { outcome: 'nothing_to_do', detail, ms };
    case 'refused':
      return { outcome: 'refused', detail, ms };
    case 'still_there':
      return { outcome: 'failed', detail, ms };
    default:
      return { outcome: 'done', detail, ms };
  }
}
