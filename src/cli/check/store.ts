import type { Environment } from '../../config/types.ts';
import { migrationNames } from '../../store/migrate.ts';
import { about, type Check } from './finding.ts';
import { onServer } from './server.ts';

const FACTS = `
  select current_setting('server_version')                    as version,
         current_setting('server_version_num')::int           as number,
         pg_is_in_recovery()                                  as standby,
         has_database_privilege(current_database(), 'create') as "mayCreate",
         current_user::text                                   as role,
         current_database()::text                             as database,
         to_regclass('schema_migrations') is not null         as migrated`;

const MIGRATIONS = `
  select name from schema_migrations`;

/** Older servers lack what the store's statements use. */
const OLDEST = 130_000;

type Facts = {
  version: string;
  number: number;
  standby: boolean;
  mayCreate: boolean;
  role: string;
  database: string;
  migrated: boolean;
};

/** Whether the store can be reached and written, and whether its schema is up to date. */
export function storeCheck(environment: Environment): Check {
  const { ok, warn, fail } = about('store');
  const url = environment.databaseUrl;
  return {
    subject: 'store',
    async run() {
      if (url === undefined) {
        return [
          warn('embedded PostgreSQL under ./.lifeguard/: good for one process; set DATABASE_URL for several'),
        ];
      }
      return onServer(url, async (client) => {
        const { rows } = await client.query<Facts>(FACTS);
        const facts = rows[0];
        if (facts === undefined) return [fail('the server gave no answer')];
        const name = `PostgreSQL ${facts.version}`;
        if (facts.standby)
          return [fail(`${name} is a standby and cannot be written; point DATABASE_URL at the primary`)];
        if (facts.number < OLDEST)
          return [fail(`${name} is too old; the store needs PostgreSQL 13 or newer`)];
        if (!facts.mayCreate) {
          return [
            fail(
              `role ${facts.role} may not create schemas; run: grant create on database "${facts.database}" to "${facts.role}";`,
            ),
          ];
        }
        const run = facts.migrated ? (await client.query<{ name: string }>(MIGRATIONS)).rows : [];
        const done = new Set(run.map((row) => row.name));
        const owed = migrationNames().filter((one) => !done.has(one));
        return [
          owed.length === 0
            ? ok(`${name}, schema up to date`)
            : warn(`${name}, schema not up to date; run: lifeguard migrate (serve does it too)`),
        ];
      });
    },
  };
}
