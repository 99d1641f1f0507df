import type { LeakTarget } from '../incident/remedy.ts';
import { duration } from '../incident/words.ts';
import { type Backend, findIdleInTransaction } from '../pool/sessions.ts';
import { applicationOf } from './backend.ts';
import { endLeak } from './executors/leak.ts';
import { poolReading } from './reading.ts';
import type { Remedy } from './remedy.ts';

/** Ends all sessions that one application left idle in transaction after one statement. */
export interface TerminateLeakWish {
  readonly action: 'terminate_leak';
  readonly application: string;
  /** Masked and shortened, as the checks show it. */
  readonly lastStatement: string;
}

/** An application that is at work pauses for less than this between two statements of a transaction. */
const PAUSE_MS = 1_000;

/** People approve exactly what they are shown, and a message holds no more than this. */
const MOST_SESSIONS = 120;

/** So many sessions stand in one line of the preview. */
const A_LINE = 4;

/** A session of the leak: it can be told from every other, and so can its last query. */
type Leaked = Backend & { readonly backendStart: string; readonly queryStart: string };

/** The remedy `terminate_leak`. */
export const terminateLeak: Remedy<TerminateLeakWish, LeakTarget> = {
  async preview(lifeline, { application, lastStatement }, now) {
    const found = (await findIdleInTransaction(lifeline, application)).filter(
      (backend): backend is Leaked =>
        backend.query === lastStatement &&
        (backend.stateMs ?? 0) >= PAUSE_MS &&
        backend.backendStart !== null &&
        backend.queryStart !== null,
    );
    const free = found.filter(({ obstacle }) => obstacle === null);
    const [hindered] = found.filter(({ obstacle }) => obstacle !== null);
    if (free.length === 0) {
      return hindered === undefined
        ? {
            refused: `No session of ${applicationOf(application)} is idle in transaction after that statement any more; nothing was done.`,
            protected: false,
          }
        : { refused: `Not possible: ${hindered.obstacle}.`, protected: true };
    }
    const sessions = free
      .toSorted((one, other) => (other.stateMs ?? 0) - (one.stateMs ?? 0))
      .slice(0, MOST_SESSIONS);
    return {
      action: 'terminate_leak',
      target: {
        kind: 'leak',
        application,
        lastStatement,
        backends: sessions.map(({ pid, backendStart, queryStart }) => ({ pid, backendStart, queryStart })),
      },
      preview: {
        title: `Terminate ${sessions.length} leaked session${sessions.length === 1 ? '' : 's'} (${applicationOf(application)})`,
        facts: factsOf(sessions),
        query: lastStatement,
        rows: rowsOf(sessions),
        risks: risksOf(found.length - sessions.length, hindered !== undefined),
        takenAt: now.toISOString(),
      },
    };
  },
  wishOf: ({ application, lastStatement }) => ({ action: 'terminate_leak', application, lastStatement }),
  holds: (approved, found) =>
    approved.backends.some((one) =>
      found.backends.some(
        ({ pid, backendStart, queryStart }) =>
          pid === one.pid && backendStart === one.backendStart && queryStart === one.queryStart,
      ),
    ),
  execute: (lifeline, target, again) => endLeak(lifeline, target, { again }),
  verify: poolReading,
};

function factsOf(sessions: readonly Leaked[]): { label: string; value: string }[] {
  const ages = sessions.map(({ stateMs }) => stateMs ?? 0);
  const blocked = sessions.reduce((sum, { blocksInAll }) => sum + blocksInAll, 0);
  const users = [...new Set(sessions.map(({ user }) => user))];
  return [
    { label: 'Who', value: `${applicationOf(sessions[0]?.application ?? '')}, as ${users.join(', ')}` },
    { label: 'State', value: `idle in transaction for ${span(Math.min(...ages), Math.max(...ages))}` },
    { label: 'Frees', value: `${sessions.length} connection${sessions.length === 1 ? '' : 's'}` },
    { label: 'Blocks', value: blocked === 0 ? 'nobody' : `${blocked} sessions, freed by this` },
  ];
}

function span(least: number, most: number): string {
  const [from, to] = [duration(least), duration(most)];
  return from === to ? from : `${from} to ${to}`;
}

/** Each with its age, oldest first: all else is the same for all of them. */
function rowsOf(sessions: readonly Leaked[]): string[] {
  const cells = sessions.map(({ pid, stateMs }) => `${pid} (${duration(stateMs ?? 0)})`);
  const lines: string[] = [];
  for (let at = 0; at < cells.length; at += A_LINE) lines.push(cells.slice(at, at + A_LINE).join('  '));
  return lines;
}

function risksOf(left: number, isHindered: boolean): string[] {
  const risks = [
    'Their transactions are rolled back: what they have not committed is lost, and the application gets errors.',
    'Only these sessions are ended, those still idle after this statement; the leak goes on until the application is mended.',
  ];
  if (left > 0) {
    risks.push(
      isHindered
        ? `${left} more of the same are not ended by this: Lifeguard may not end some of them, or they are too many for one preview.`
        : `${left} more of the same are not ended by this: ask again afterwards.`,
    );
  }
  return risks;
}
