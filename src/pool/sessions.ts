import pg from 'pg';
import { z } from 'zod';
import { grantMonitor } from './activity.ts';
import type { Lifeline } from './lifeline.ts';
import { type LockPlace, readLocks } from './locks.ts';
import { APPLICATION_NAME } from './session.ts';
import { type PoolSession, sessionColumns, sessionRow, toSession } from './session-row.ts';

/**
 * Exactly which backend, since the server uses a pid again: moments as `PoolSession` gives them. With
 * `queryStart`, exactly which query of it.
 */
export interface BackendIdentity {
  readonly pid: number;
  readonly backendStart: string;
  readonly queryStart?: string;
}

/** A backend with all that someone should see before ending it. */
export interface Backend extends PoolSession {
  /** `client backend`, `walsender`, `autovacuum worker` and so on; null when hidden from our role. */
  readonly backendType: string | null;
  readonly blockedBy: readonly number[];
  readonly blocks: readonly number[];
  readonly blocksInAll: number;
  /** The connection we are asking over. */
  readonly isSelf: boolean;
  /** A connection of this or another Lifeguard. */
  readonly isLifeguard: boolean;
  readonly isReplication: boolean;
  readonly isBackground: boolean;
  /** Our role may signal it. */
  readonly canSignal: boolean;
  /** What keeps us from ending it, with the mend where there is one; null when nothing does. */
  readonly obstacle: string | null;
}

/** The rule of pg_terminate_backend (documentation, "Server Signaling Functions"). */
function backendSql(serverVersion: number, which: string): string {
  return `
select a.backend_type,
       current_user::text as role,
       a.pid = pg_backend_pid() as own,
       me.rolsuper
         or (    not coalesce(target.rolsuper, false)
             and (   pg_has_role(current_user, 'pg_signal_backend', 'usage')
                  or (target.oid is not null and pg_has_role(current_user, target.oid, 'usage')))) as can_signal,
       ${sessionColumns(serverVersion)}
  from pg_stat_activity a
  join pg_roles me on me.rolname = current_user
  left join pg_roles target on target.oid = a.usesysid
 where ${which}`;
}

const backendRow = sessionRow.extend({
  backend_type: z.string().nullable(),
  role: z.string(),
  own: z.boolean(),
  can_signal: z.boolean(),
});

/** What `obstacleTo` has to know. */
export interface Signalled {
  readonly pid: number;
  readonly role: string;
  readonly user: string;
  readonly backendType: string | null;
  readonly isLifeguard: boolean;
  readonly isSuperuser: boolean;
  readonly canSignal: boolean;
}

/**
 * Reads one backend afresh, with its locks; undefined when no process of the server has that pid.
 * Throws as `Lifeline.query` does.
 */
export async function findBackend(lifeline: Lifeline, pid: number): Promise<Backend | undefined> {
  const [found] = await findBackends(lifeline, 'a.pid = $1', pid);
  return found;
}

/** The backends of an application that sit in an open transaction and do nothing, each with its locks. */
export async function findIdleInTransaction(lifeline: Lifeline, application: string): Promise<Backend[]> {
  return findBackends(
    lifeline,
    `a.application_name = $1 and a.state like 'idle in transaction%'`,
    application,
  );
}

async function findBackends(lifeline: Lifeline, which: string, value: unknown): Promise<Backend[]> {
  const sql = backendSql(lifeline.state().serverVersion ?? 0, which);
  const rows = z.array(backendRow).parse(await lifeline.query(sql, [value]));
  if (rows.length === 0) return [];
  const locks = await readLocks(lifeline);
  return rows.map((row) => toBackend(row, locks.get(row.pid)));
}

function toBackend(row: z.infer<typeof backendRow>, place: LockPlace | undefined): Backend {
  const session = toSession(row);
  const facts = {
    backendType: row.backend_type,
    isLifeguard: row.own || row.application === APPLICATION_NAME,
    isSuperuser: row.superuser,
    canSignal: row.can_signal,
  };
  return {
    ...session,
    ...facts,
    blockedBy: place?.blockedBy ?? [],
    blocks: place?.blocks ?? [],
    blocksInAll: place?.blocksInAll ?? 0,
    isSelf: row.own,
    isReplication: row.backend_type === 'walsender',
    isBackground: !['client backend', 'walsender', null].includes(row.backend_type),
    obstacle: obstacleTo({ pid: row.pid, role: row.role, user: session.user, ...facts }),
  };
}

/** Why a backend cannot or must not be ended, with the statement that mends it; null when it can. */
export function obstacleTo(backend: Signalled): string | null {
  const { pid, role, user, backendType } = backend;
  if (backend.isLifeguard) return `backend ${pid} is a connection of Lifeguard itself`;
  if (backendType === null) {
    return `role ${role} may not see when backend ${pid} started, so it cannot be told from another; mend: ${grantMonitor(role)}`;
  }
  if (backendType === 'walsender')
    return `backend ${pid} sends the log to a replica; ending it breaks replication`;
  if (backendType !== 'client backend') return `backend ${pid} is the server’s own process (${backendType})`;
  if (backend.isSuperuser && backend.canSignal) {
    return `backend ${pid} belongs to the superuser ${user}: an administrator at work, or a tool of theirs, and not the application`;
  }
  if (backend.canSignal) return null;
  if (backend.isSuperuser) {
    return `backend ${pid} belongs to the superuser ${user}, and only a superuser may end it; nothing less can be granted to ${role}`;
  }
  return `role ${role} may not end backends of ${user}; mend: ${grantSignal(role)}`;
}

/** The statement that lets `role` end other users' backends, superusers' excepted. */
export function grantSignal(role: string): string {
  return `grant pg_signal_backend to ${pg.escapeIdentifier(role)};`;
}
