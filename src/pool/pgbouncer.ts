import pg from 'pg';
import { z } from 'zod';
import { AwayError, faultOf, isStatementError } from './faults.ts';

const TIMEOUT_MS = 2_000;

/** What PgBouncer is set to. */
const CONFIG = 'SHOW CONFIG';
/** The databases it serves, each with the size that its pools have. */
const DATABASES = 'SHOW DATABASES';
/** One row for each pair of database and user that has connected. */
const POOLS = 'SHOW POOLS';

/** PgBouncer's own database, which stands for the console. */
const OWN_DATABASE = 'pgbouncer';

/** The admin console of one PgBouncer, while it is open. */
export interface Console {
  /** Host and port: which PgBouncer it is. */
  readonly at: string;
  /** The user that we are there. */
  readonly user: string;
  /**
   * Runs one command.
   *
   * @throws pg.DatabaseError when PgBouncer refuses the command, AwayError when no answer came: then it
   * may have happened or not
   */
  ask(command: string): Promise<unknown[]>;
}

/**
 * Opens the admin console for the time of `work`. Commands go as plain queries: one with parameters is
 * answered by a fatal error.
 *
 * @throws AwayError when it cannot be opened, with the setting that mends it
 */
export async function withConsole<T>(url: string, work: (console: Console) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  // A fatal error arrives as an event too, and without this listener it would take the process with it.
  client.on('error', () => {});
  try {
    await client.connect().catch((error: unknown) => {
      throw away(error);
    });
    return await work({
      at: `${client.host}:${client.port}`,
      user: client.user ?? '',
      ask: async (command) => {
        try {
          return (await client.query(command)).rows;
        } catch (error) {
          throw isStatementError(error) ? error : away(error);
        }
      },
    });
  } finally {
    client.end().catch(() => {});
  }
}

function away(error: unknown): AwayError {
  const { code, message } = faultOf(error);
  // PgBouncer says all by one code; words of its own are worth more.
  const why = error instanceof pg.DatabaseError ? message : code === 'error' ? message : code;
  return new AwayError(
    `PgBouncer’s console did not answer (${why}); check \`pool_size.pgbouncer\` in lifeguard.yaml, and that its user is in \`admin_users\``,
    { code, message },
  );
}

/** One database as PgBouncer's clients know it. */
export interface PooledDatabase {
  readonly name: string;
  /** The server and the database it leads to. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly poolSize: number;
  /** `max_db_connections`, or the database's own; 0: no limit. */
  readonly maxConnections: number;
}

/** One pool: a database and a user. */
export interface PooledPair {
  readonly database: string;
  readonly clientsActive: number;
  readonly clientsWaiting: number;
  readonly serversActive: number;
  readonly serversIdle: number;
  /** How long the first in the queue has waited. */
  readonly longestWaitMs: number;
}

/** The sizes of PgBouncer's pools, and what it lets us do about them. */
export interface PoolerSizes {
  readonly defaultPoolSize: number;
  /** Whether we may change settings, as far as its configuration tells. */
  readonly isAdmin: boolean;
  readonly databases: readonly PooledDatabase[];
}

const configRow = z.object({ key: z.string(), value: z.string().nullable() });

const databaseRow = z.object({
  name: z.string(),
  host: z.string().nullable(),
  port: z.coerce.number(),
  database: z.string(),
  pool_size: z.coerce.number(),
  max_connections: z.coerce.number().prefault(0),
});

const poolRow = z.object({
  database: z.string(),
  cl_active: z.coerce.number(),
  cl_waiting: z.coerce.number(),
  sv_active: z.coerce.number(),
  sv_idle: z.coerce.number(),
  maxwait: z.coerce.number(),
  maxwait_us: z.coerce.number().prefault(0),
});

/** Reads the sizes. Throws as `Console.ask` does. */
export async function readSizes(console: Console): Promise<PoolerSizes> {
  const settings = await readConfig(console);
  const admins = (settings.get('admin_users') ?? '').split(',').map((name) => name.trim());
  return {
    defaultPoolSize: Number(settings.get('default_pool_size')),
    isAdmin:
      settings.get('auth_type') === 'any' || console.user === OWN_DATABASE || admins.includes(console.user),
    databases: await readDatabases(console),
  };
}

/** `default_pool_size` as it is now. Throws as `Console.ask` does. */
export async function readDefaultPoolSize(console: Console): Promise<number> {
  return Number((await readConfig(console)).get('default_pool_size'));
}

/** The databases that it serves, its own console left out. Throws as `Console.ask` does. */
export async function readDatabases(console: Console): Promise<PooledDatabase[]> {
  const rows = z.array(databaseRow).parse(await console.ask(DATABASES));
  return rows
    .filter(({ name }) => name !== OWN_DATABASE)
    .map((row) => ({
      name: row.name,
      host: row.host ?? 'a socket',
      port: row.port,
      database: row.database,
      poolSize: row.pool_size,
      maxConnections: row.max_connections,
    }));
}

/** The pools as they are now, the console's own left out. Throws as `Console.ask` does. */
export async function readPools(console: Console): Promise<PooledPair[]> {
  const rows = z.array(poolRow).parse(await console.ask(POOLS));
  return rows
    .filter(({ database }) => database !== OWN_DATABASE)
    .map((row) => ({
      database: row.database,
      clientsActive: row.cl_active,
      clientsWaiting: row.cl_waiting,
      serversActive: row.sv_active,
      serversIdle: row.sv_idle,
      longestWaitMs: row.maxwait * 1_000 + row.maxwait_us / 1_000,
    }));
}

/** The command that sets `default_pool_size`; in force until PgBouncer reads its file again. */
export function settingPoolSize(size: number): string {
  return `SET default_pool_size = ${Math.trunc(size)}`;
}

async function readConfig(console: Console): Promise<Map<string, string>> {
  const rows = z.array(configRow).parse(await console.ask(CONFIG));
  return new Map(rows.map(({ key, value }) => [key, value ?? '']));
}
