import pg from 'pg';
import { z } from 'zod';
import type { Lifeline } from './lifeline.ts';
import { exactMoment } from './session-row.ts';

/** A prepared transaction, and who asks about it. */
export interface PreparedTransaction {
  readonly gid: string;
  readonly owner: string;
  readonly database: string;
  /** To the microsecond: with the gid, exactly which one. */
  readonly preparedAt: string;
  readonly ageMs: number;
  /** Sessions that wait for a prepared transaction: the server does not tell for which. */
  readonly waiting: number;
  /** The role and the database of our own connection. */
  readonly role: string;
  readonly connectedTo: string;
  readonly isSuperuser: boolean;
}

const FIND_SQL = `
select p.gid,
       p.owner::text as owner,
       p.database::text as database,
       ${exactMoment('p.prepared')} as prepared_at,
       (extract(epoch from clock_timestamp() - p.prepared) * 1000)::float8 as age_ms,
       (select count(*)::int
          from pg_stat_activity a
         where a.wait_event_type = 'Lock'
           and 0 = any(pg_blocking_pids(a.pid))) as waiting,
       current_user::text as role,
       current_database()::text as connected_to,
       me.rolsuper as superuser
  from pg_prepared_xacts p
  join pg_roles me on me.rolname = current_user
 where p.gid = $1`;

const foundRow = z.object({
  gid: z.string(),
  owner: z.string(),
  database: z.string(),
  prepared_at: z.string(),
  age_ms: z.number(),
  waiting: z.int(),
  role: z.string(),
  connected_to: z.string(),
  superuser: z.boolean(),
});

/** Looks for a prepared transaction by its gid, which is unique in the server. Throws as `Lifeline.query` does. */
export async function findPrepared(
  lifeline: Lifeline,
  gid: string,
): Promise<PreparedTransaction | undefined> {
  const [row] = z.array(foundRow).parse(await lifeline.query(FIND_SQL, [gid]));
  if (row === undefined) return undefined;
  return {
    gid: row.gid,
    owner: row.owner,
    database: row.database,
    preparedAt: row.prepared_at,
    ageMs: row.age_ms,
    waiting: row.waiting,
    role: row.role,
    connectedTo: row.connected_to,
    isSuperuser: row.superuser,
  };
}

/** Why we cannot roll it back, with what mends it between backticks; null when we can. */
export function obstacleToRollback(found: PreparedTransaction): string | null {
  const { owner, database, role, connectedTo } = found;
  const statement = rollbackOf(found.gid);
  if (database !== connectedTo) {
    return `it was prepared in database ${database}, and this pool is connected to ${connectedTo}; mend: \`${statement}\` in database ${database}`;
  }
  if (found.isSuperuser || role === owner) return null;
  return `only its owner ${owner} or a superuser may end it, and no grant lets role ${role} do it; mend: \`${statement}\` as ${owner} in database ${database}`;
}

/** The statement that ends a prepared transaction, ready to be run. */
export function rollbackOf(gid: string): string {
  return `rollback prepared ${pg.escapeLiteral(gid).trim()};`;
}
