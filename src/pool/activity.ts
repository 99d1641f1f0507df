import pg from 'pg';
import { z } from 'zod';
import type { Lifeline } from './lifeline.ts';
import {
  exactMoment,
  type PoolSession,
  type SessionState,
  sessionColumns,
  sessionRow,
  toSession,
} from './session-row.ts';

/** How many sessions share a name, and what they are doing. */
export interface Group {
  /** Application, user or database; empty when none is set. */
  readonly name: string;
  readonly total: number;
  readonly active: number;
  readonly idle: number;
  /** Idle in a transaction, aborted ones included. */
  readonly idleInTransaction: number;
}

/** Who holds the server's connections, at one moment. */
export interface Activity {
  /** ISO 8601 UTC to the microsecond, on the server's clock. */
  readonly takenAt: string;
  readonly serverVersion: number;
  readonly maxConnections: number;
  readonly superuserReserved: number;
  /** `reserved_connections`, 0 before PostgreSQL 16. */
  readonly reserved: number;
  /** What ordinary roles can have: `max_connections` less both reserves. */
  readonly usable: number;
  /** Client backends on the whole server, our own included: `sessions.length + 1`. */
  readonly used: number;
  /** Per cent of `usable`, unrounded; over 100 when reserved slots are in use. */
  readonly utilisation: number;
  readonly byState: Readonly<Record<SessionState, number>>;
  /** Largest first. */
  readonly byApplication: readonly Group[];
  readonly byUser: readonly Group[];
  readonly byDatabase: readonly Group[];
  /** Every client backend but our own. */
  readonly sessions: readonly PoolSession[];
  /** Sessions whose doings our role may not see, and the statement that mends it. */
  readonly hidden: { readonly sessions: number; readonly mend: string } | null;
}

/**
 * All client backends and the limits they count against, in one snapshot. Background processes take no slot
 * of max_connections and are left out. To a role without pg_read_all_stats other users' rows come without
 * backend_type; those that have a user and a database are taken for clients.
 */
function activitySql(serverVersion: number): string {
  return `
select ${exactMoment('clock_timestamp()')} as taken_at,
       current_setting('server_version_num')::int as server_version,
       current_setting('max_connections')::int as max_connections,
       current_setting('superuser_reserved_connections')::int as superuser_reserved,
       coalesce(current_setting('reserved_connections', true), '0')::int as reserved,
       current_user::text as role,
       a.pid = pg_backend_pid() as own,
       a.backend_type is null as hidden,
       ${sessionColumns(serverVersion)}
  from pg_stat_activity a
 where a.backend_type = 'client backend'
    or (a.backend_type is null and a.usesysid is not null and a.datid is not null)
 order by a.backend_start, a.pid`;
}

const activityRow = sessionRow.extend({
  taken_at: z.string(),
  server_version: z.int(),
  max_connections: z.int(),
  superuser_reserved: z.int(),
  reserved: z.int(),
  role: z.string(),
  own: z.boolean(),
  hidden: z.boolean(),
});

/**
 * Reads who holds the server's connections, over the pool's one connection.
 * Throws as `Lifeline.query` does.
 */
export async function readActivity(lifeline: Lifeline): Promise<Activity> {
  const known = lifeline.state().serverVersion ?? 0;
  const rows = z.array(activityRow).parse(await lifeline.query(activitySql(known)));
  const own = rows.find((row) => row.own);
  if (own === undefined) throw new Error('pg_stat_activity does not list our own connection');
  const sessions = rows
    .filter((row) => !row.own)
    .map(toSession)
    // One that has not got in yet holds a slot for a moment at most: a full server is about to refuse it.
    .filter((session) => session.state !== 'starting');
  const hidden = rows.filter((row) => row.hidden).length;
  const usable = own.max_connections - own.superuser_reserved - own.reserved;
  return {
    takenAt: own.taken_at,
    serverVersion: own.server_version,
    maxConnections: own.max_connections,
    superuserReserved: own.superuser_reserved,
    reserved: own.reserved,
    usable,
    used: sessions.length + 1,
    utilisation: ((sessions.length + 1) / usable) * 100,
    byState: countStates(sessions),
    byApplication: groupBy(sessions, (session) => session.application),
    byUser: groupBy(sessions, (session) => session.user),
    byDatabase: groupBy(sessions, (session) => session.database),
    sessions,
    hidden: hidden === 0 ? null : { sessions: hidden, mend: grantMonitor(own.role) },
  };
}

/** The statement that lets `role` see other users' sessions; a superuser has to run it. */
export function grantMonitor(role: string): string {
  return `grant pg_monitor to ${pg.escapeIdentifier(role)};`;
}

/** Sessions that have been at it for longer than they should, longest first. */
export interface LongRunning {
  /** Active with the same query. */
  readonly active: readonly PoolSession[];
  /** Idle in an open transaction. */
  readonly idleInTransaction: readonly PoolSession[];
}

const MINUTE_MS = 60_000;

/** Picks from `activity` what has lasted longer than `overMs` (default: a minute). */
export function longRunning(
  activity: Activity,
  { overMs = MINUTE_MS }: { overMs?: number } = {},
): LongRunning {
  const longest = (of: (session: PoolSession) => boolean, age: (session: PoolSession) => number | null) =>
    activity.sessions
      .filter((session) => of(session) && (age(session) ?? 0) > overMs)
      .sort((one, other) => (age(other) ?? 0) - (age(one) ?? 0));
  return {
    active: longest(
      (session) => session.state === 'active',
      (session) => session.queryMs,
    ),
    idleInTransaction: longest(isIdleInTransaction, (session) => session.stateMs),
  };
}

function isIdleInTransaction({ state }: PoolSession): boolean {
  return state === 'idle in transaction' || state === 'idle in transaction (aborted)';
}

function countStates(sessions: readonly PoolSession[]): Record<SessionState, number> {
  const counts: Record<SessionState, number> = {
    active: 0,
    idle: 0,
    'idle in transaction': 0,
    'idle in transaction (aborted)': 0,
    'fastpath function call': 0,
    disabled: 0,
    starting: 0,
    unknown: 0,
  };
  for (const { state } of sessions) counts[state] += 1;
  return counts;
}

function groupBy(sessions: readonly PoolSession[], nameOf: (session: PoolSession) => string): Group[] {
  const groups = new Map<string, PoolSession[]>();
  for (const session of sessions) {
    const name = nameOf(session);
    const members = groups.get(name);
    if (members === undefined) groups.set(name, [session]);
    else members.push(session);
  }
  return [...groups]
    .map(([name, members]) => ({
      name,
      total: members.length,
      active: members.filter((session) => session.state === 'active').length,
      idle: members.filter((session) => session.state === 'idle').length,
      idleInTransaction: members.filter(isIdleInTransaction).length,
    }))
    .sort((one, other) => other.total - one.total || (one.name < other.name ? -1 : 1));
}
