import { fileURLToPath } from 'node:url';
import type { MigrationBuilder } from 'node-pg-migrate';
import pg from 'pg';
import * as incidents from './migrations/001_incidents.ts';
import * as samples from './migrations/002_samples.ts';
import * as warnings from './migrations/003_warnings.ts';
import * as pagerduty from './migrations/004_pagerduty.ts';
import * as budgets from './migrations/005_budgets.ts';

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
  ['004_pagerduty', pagerduty],
  ['005_budgets', budgets],
]);

/** The names of all migrations, in their order. */
export function migrationNames(): string[] {
  return [...MIGRATIONS.keys()];
}

const TABLE = 'schema_migrations';
const UNDEFINED_TABLE = '42P01';

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
  // One that breaks off fails the statement under way; without a listener it would end the process, too.
  client.on('error', () => undefined);
  await client.connect();
  try {
    if (await isUpToDate(client)) return [];
    // Needed after an upgrade only: every other start is spared the time and memory of loading it.
    const { runner } = await import('node-pg-migrate');
    const run = await runner({
      dbClient: client,
      dir: DIRECTORY,
      ignorePattern: '.*\\.(d\\.ts|map)',
      migrationsTable: TABLE,
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
    await client.end().catch(() => undefined);
  }
}

/** A migration is recorded in the transaction that made it, so what stands in the table is whole, and needs no lock to be read. */
async function isUpToDate(client: pg.Client): Promise<boolean> {
  try {
    const { rows } = await client.query<{ name: string }>(`select name from ${TABLE}`);
    const done = new Set(rows.map((row) => row.name));
    return migrationNames().every((name) => done.has(name));
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === UNDEFINED_TABLE) return false;
    throw error;
  }
}
