import { fileURLToPath } from 'node:url';
import { type MigrationBuilder, runner } from 'node-pg-migrate';
import pg from 'pg';
import * as incidents from './migrations/001_incidents.ts';
import * as samples from './migrations/002_samples.ts';
import * as warnings from './migrations/003_warnings.ts';

/** What a migration's file exports. */
interface Migration {
  readonly up: (pgm: MigrationBuilder) => void;
  readonly down: ((pgm: MigrationBuilder) => void) | false;
}

/** Every migration by the name of its file. A new one is added here and never changed once released. */
const MIGRATIONS = new Map<string, Migration>([
  ['001_incidents', incidents],
  ['002_samples', samples],
  ['003_warnings', warnings],
]);

/** The names of all migrations, in their order. */
export function migrationNames(): string[] {
  return [...MIGRATIONS.keys()];
}

const DIRECTORY = fileURLToPath(new URL('./migrations/', import.meta.url));

/**
 * Brings the store's schema up to date. Safe to call from several replicas at once: an advisory lock
 * lets one of them work while the others wait.
 *
 * @param url connection string of the store
 * @returns the names of the migrations that were run, in order; empty when there was nothing to do
 * @throws Error of the driver when the store cannot be reached or a statement fails; nothing is half-done
 */
export async function migrate(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'lifeguard-migrate' });
  await client.connect();
  try {
    const run = await runner({
      dbClient: client,
      dir: DIRECTORY,
      ignorePattern: '.*\\.(d\\.ts|map)',
      migrationsTable: 'schema_migrations',
      direction: 'up',
      singleTransaction: true,
      advisoryLockMode: 'wait',
      log: () => undefined,
      migrationLoaderStrategies: [
        {
          extensions: ['.ts', '.js'],
          loader: async (paths) =>
            paths.map((path) => {
              const name = path.replace(/^.*[\\/]/, '').replace(/\.[jt]s$/, '');
              const actions = MIGRATIONS.get(name);
              if (actions === undefined)
                throw new Error(`migration ${name} is not listed in store/migrate.ts`);
              return { id: name, actions, filePaths: [path] };
            }),
        },
      ],
    });
    return run.map((one) => one.name);
  } finally {
    await client.end();
  }
}
