import type { SessionRow } from '../incident/events.ts';
import type { Activity } from '../pool/activity.ts';
import type { LockGraph } from '../pool/locks.ts';
import { APPLICATION_NAME } from '../pool/session.ts';
import type { PoolSession } from '../pool/session-row.ts';

/** The sessions people should look at, worst first, and what to say above them. */
export interface WorthALook {
  readonly headline: string;
  readonly rows: readonly SessionRow[];
  /** How many further sessions there are. */
  readonly more: number;
}

/** So many rows are kept: more than a thread shows, fewer than a store should hold. */
const MOST_ROWS = 20;

/** A session that has been at it for longer than this counts as long-running. */
export const LONG_RUNNING_MS = 60_000;

/**
 * Ranks the sessions: those that others wait for and that wait for nobody come first, then open
 * transactions that do nothing, then running queries, then those who wait themselves, then the idle;
 * within each the one that blocks most, and then the oldest, first. Lifeguard's own are never offered.
 */
export function worthALook(
  activity: Pick<Activity, 'sessions' | 'used' | 'usable' | 'utilisation'>,
  locks: LockGraph = new Map(),
): WorthALook {
  const others = activity.sessions.filter(({ application }) => application !== APPLICATION_NAME);
  const ranked = others
    .filter((session) => session.backendStart !== null)
    .map((session) => ({ session, row: rowOf(session, locks) }))
    .sort((a, b) => rankOf(a) - rankOf(b) || b.row.blocks - a.row.blocks || b.row.ageMs - a.row.ageMs);
  const percent = Math.round(activity.utilisation);
  return {
    headline: `${activity.used} of ${activity.usable} usable connections in use (${percent} %)`,
    rows: ranked.slice(0, MOST_ROWS).map((one) => one.row),
    more: Math.max(0, others.length - MOST_ROWS),
  };
}

/** Whether the session sits in an open transaction and does nothing. */
export function isIdleInTransaction(session: PoolSession): boolean {
  return session.state.startsWith('idle in transaction');
}

function rankOf({ session, row }: { readonly session: PoolSession; readonly row: SessionRow }): number {
  // A session that waits for a lock suffers from another; ending it frees one connection and mends nothing.
  if (session.waitEventType === 'Lock') return 3;
  if (row.blocks > 0) return 0;
  if (isIdleInTransaction(session)) return 1;
  return session.state === 'active' ? 2 : 4;
}

function rowOf(session: PoolSession, locks: LockGraph): SessionRow {
  const wait =
    session.waitEventType === null ? undefined : `${session.waitEventType}/${session.waitEvent ?? ''}`;
  return {
    pid: session.pid,
    backendStart: session.backendStart ?? '',
    ...(session.queryStart === null ? {} : { queryStart: session.queryStart }),
    application: session.application,
    user: session.user,
    client: session.client ?? 'unknown',
    state: session.state,
    // A client that is waited for says nothing about the database.
    ...(wait === undefined || session.waitEventType === 'Client' ? {} : { wait }),
    ageMs: Math.round((session.state === 'active' ? session.queryMs : session.stateMs) ?? 0),
    query: session.query,
    blocks: locks.get(session.pid)?.blocksInAll ?? 0,
    ...(session.isSuperuser ? { isProtected: true as const } : {}),
  };
}
