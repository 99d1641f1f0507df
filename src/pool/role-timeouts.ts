import pg from 'pg';
import { z } from 'zod';
import type { TimeoutSetting } from '../incident/remedy.ts';
import type { Lifeline } from './lifeline.ts';

/** A role's timeout in the pool's database as it is set now, and whether we may change it. */
export interface RoleTimeout {
  readonly role: string;
  readonly database: string;
  /** As set for this role in this database; null: not set there. */
  readonly own: string | null;
  /** What new sessions get now, from wherever it comes; `0`: never. */
  readonly inForce: string;
  /** Our own role. */
  readonly me: string;
  readonly mayAlter: boolean;
  readonly isSuperuser: boolean;
  /** The role is a superuser's: only a superuser may touch it. */
  readonly isSuperusers: boolean;
  readonly isStandby: boolean;
  readonly serverVersion: number;
}

/** From this version on CREATEROLE alone is not enough: the role has to be granted with the admin option. */
export const ADMIN_OPTION_FROM = 160_000;

/**
 * What is set for a role, a database or both, the most specific winning (documentation, "ALTER ROLE"), and
 * what our role may do about it. Before PostgreSQL 16 CREATEROLE is enough for every role but a superuser's.
 */
const ROLE_TIMEOUT_SQL = `
with them as (
  select r.oid, r.rolname, r.rolsuper, d.oid as database
    from pg_roles r, pg_database d
   where r.rolname = $1
     and d.datname = current_database()
), found as (
  select s.setrole, s.setdatabase, substr(entry, strpos(entry, '=') + 1) as value
    from them, pg_db_role_setting s, unnest(s.setconfig) entry
   where split_part(entry, '=', 1) = $2
     and s.setrole in (0, them.oid)
     and s.setdatabase in (0, them.database)
)
select them.rolname::text as role,
       current_database()::text as database,
       (select value from found where setrole <> 0 and setdatabase <> 0) as own,
       coalesce((select value from found order by setrole <> 0 desc, setdatabase <> 0 desc limit 1),
                (select reset_val || coalesce(unit, '') from pg_settings where name = $2)) as in_force,
       me.rolname::text as me,
       me.rolsuper as superuser,
       them.rolsuper as superusers,
       me.rolsuper or me.oid = them.oid
         or (not them.rolsuper and me.rolcreaterole
             and (current_setting('server_version_num')::int < ${ADMIN_OPTION_FROM}
                  or pg_has_role(me.oid, them.oid, 'member with admin option'))) as may_alter,
       pg_is_in_recovery() as standby,
       current_setting('server_version_num')::int as server_version
  from them, pg_roles me
 where me.rolname = current_user`;

const roleTimeoutRow = z.object({
  role: z.string(),
  database: z.string(),
  own: z.string().nullable(),
  in_force: z.string().nullable(),
  me: z.string(),
  superuser: z.boolean(),
  superusers: z.boolean(),
  may_alter: z.boolean(),
  standby: z.boolean(),
  server_version: z.int(),
});

/**
 * Looks up a timeout of a role in the pool's database; `undefined`: there is no such role.
 * Throws as `Lifeline.query` does.
 */
export async function findRoleTimeout(
  lifeline: Lifeline,
  role: string,
  setting: TimeoutSetting,
): Promise<RoleTimeout | undefined> {
  const rows = await lifeline.query(ROLE_TIMEOUT_SQL, [role, setting]);
  const [row] = z.array(roleTimeoutRow).parse(rows);
  if (row === undefined) return undefined;
  return {
    role: row.role,
    database: row.database,
    own: row.own,
    inForce: row.in_force ?? '0',
    me: row.me,
    mayAlter: row.may_alter,
    isSuperuser: row.superuser,
    isSuperusers: row.superusers,
    isStandby: row.standby,
    serverVersion: row.server_version,
  };
}

/** The statement that sets the timeout for the role in the database, or takes it out (null); ready to be run. */
export function alterTimeout(
  { role, database }: Pick<RoleTimeout, 'role' | 'database'>,
  setting: TimeoutSetting,
  value: string | null,
): string {
  const whom = `alter role ${pg.escapeIdentifier(role)} in database ${pg.escapeIdentifier(database)}`;
  return value === null
    ? `${whom} reset ${setting};`
    : `${whom} set ${setting} = ${pg.escapeLiteral(value).trim()};`;
}

/** Why we cannot change it, with what mends it between backticks; null when we can. */
export function obstacleToAlter(found: RoleTimeout, statement: string): string | null {
  const { role, me, serverVersion } = found;
  if (found.isStandby) return 'this server is a standby, where nothing can be set; it is set on the primary';
  if (found.mayAlter) return null;
  if (found.isSuperusers) {
    return `role ${role} is a superuser’s, which only a superuser may alter; mend: \`${statement}\` as a superuser`;
  }
  const [mine, theirs] = [pg.escapeIdentifier(me), pg.escapeIdentifier(role)];
  const grant =
    serverVersion >= ADMIN_OPTION_FROM
      ? ` grant ${theirs} to ${mine} with admin true, inherit false, set false;`
      : '';
  return `role ${me} may not alter role ${role}; mend: \`alter role ${mine} createrole;${grant}\`, or run it yourself: \`${statement}\``;
}
