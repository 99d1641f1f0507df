import pg from 'pg';

/** What a role of PostgreSQL may do beyond what watching and rescuing a pool needs. */
export interface Excess {
  /** A predicate of the role, such as "is a superuser". */
  readonly what: string;
  /** The statement that takes it away. */
  readonly mend: string;
}

/** Predefined roles that write, or read people's data; the oldest server has two of them ("Predefined Roles"). */
const TOO_MUCH = [
  'pg_write_all_data',
  'pg_read_all_data',
  'pg_execute_server_program',
  'pg_write_server_files',
  'pg_read_server_files',
  'pg_create_subscription',
  'pg_maintain',
] as const;

/** A superuser may everything, so nothing else is asked of one. Membership counts where it gives its rights by itself. */
const ATTRIBUTES = `
  select rolname::text as role, rolsuper as superuser, rolcreaterole as createrole, rolcreatedb as createdb,
         rolreplication as replication, rolbypassrls as bypassrls,
         array(select given.rolname::text
                 from pg_catalog.pg_roles given
                where given.rolname = any ($1)
                  and pg_catalog.pg_has_role(me.oid, given.oid, 'usage')
                order by given.rolname) as given
    from pg_catalog.pg_roles me
   where rolname = current_user`;

/** Tables, views, sequences of the database in which the role may write, its own ones told apart. */
const WRITABLE = `
  select pg_catalog.count(*) filter (where owned)::int                                        as owned,
         pg_catalog.min(name) filter (where owned)                                            as "anOwned",
         pg_catalog.count(*) filter (where not owned)::int                                    as writable,
         pg_catalog.min(name) filter (where not owned)                                        as "aWritable"
    from (select pg_catalog.pg_has_role(c.relowner, 'usage')                                  as owned,
                 pg_catalog.has_table_privilege(c.oid, 'insert, update, delete, truncate')    as writable,
                 pg_catalog.format('%I.%I', n.nspname, c.relname)                             as name
            from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
           where c.relkind in ('r', 'p', 'v', 'm', 'f')
             and n.nspname <> 'information_schema'
             and n.nspname !~ '^pg_') as relation
   where owned or writable`;

type Attributes = {
  role: string;
  superuser: boolean;
  createrole: boolean;
  createdb: boolean;
  replication: boolean;
  bypassrls: boolean;
  given: string[];
};

type Writable = { owned: number; anOwned: string | null; writable: number; aWritable: string | null };

/**
 * What the role that `client` is signed in with may do beyond its task, in the database it is connected to;
 * deploy/postgresql/lifeguard-role.sql makes one of which nothing is found. Throws what `pg` throws.
 */
export async function excessOf(client: pg.Client): Promise<Excess[]> {
  const [found] = (await client.query<Attributes>(ATTRIBUTES, [TOO_MUCH])).rows;
  if (found === undefined) return [];
  const role = pg.escapeIdentifier(found.role);
  const alter = (what: string, attribute: string): Excess => ({
    what,
    mend: `alter role ${role} ${attribute};`,
  });
  if (found.superuser) return [alter('is a superuser', 'nosuperuser')];
  const [tables] = (await client.query<Writable>(WRITABLE)).rows;
  return [
    ...(found.createrole
      ? [alter('may create and alter roles (needed for /pool timeout alone)', 'nocreaterole')]
      : []),
    ...(found.createdb ? [alter('may create databases', 'nocreatedb')] : []),
    ...(found.replication ? [alter('may replicate the whole server', 'noreplication')] : []),
    ...(found.bypassrls ? [alter('passes by row-level security', 'nobypassrls')] : []),
    ...found.given.map((given) => ({ what: `has ${given}`, mend: `revoke ${given} from ${role};` })),
    ...(tables === undefined ? [] : excessOfTables(tables, role)),
  ];
}

function excessOfTables({ owned, anOwned, writable, aWritable }: Writable, role: string): Excess[] {
  return [
    ...(owned === 0 || anOwned === null
      ? []
      : [
          {
            what: `owns ${counted(owned, anOwned)}, or has the rights of who does`,
            mend: `alter table ${anOwned} owner to …; or use a role of Lifeguard's own`,
          },
        ]),
    ...(writable === 0 || aWritable === null
      ? []
      : [
          {
            what: `may write ${counted(writable, aWritable)}`,
            mend: `revoke insert, update, delete, truncate on ${aWritable} from ${role}; (or from public)`,
          },
        ]),
  ];
}

function counted(count: number, one: string): string {
  return count === 1 ? one : `${one} and ${count - 1} more`;
}
