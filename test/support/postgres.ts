import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { inject } from 'vitest';
import { startEmbedded } from '../../src/store/embedded.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Superuser's URL of the server that all test files of a run share. */
    sharedPostgresUrl: string;
    /** A folder with a cluster that nothing was done to, for `newCluster` to copy. */
    pristineCluster: string;
  }
}

/** A server of a test's own. */
export type TestPostgres = {
  /** Superuser's URL of the database `lifeguard`. */
  url: string;
  port: number;
  pid: number;
  /** A connected superuser client, one a server, opened at the first call. */
  admin(): Promise<pg.Client>;
  /** The same server with other credentials or another database or application. */
  urlFor(parts: { user?: string; password?: string; database?: string; application?: string }): string;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
};

/** What a test may lose in a power cut: everything. */
const FAST = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'].flatMap((s) => ['-c', s]);

/**
 * Makes the cluster that others are copies of: `initdb` takes a second of a processor, a copy a tenth.
 *
 * @returns its folder, which the caller removes
 */
export async function pristineCluster(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-pristine-'));
  await chmod(folder, 0o755);
  const server = await startEmbedded({ dataDir: join(folder, 'store'), flags: FAST });
  await server.stop();
  return folder;
}

/** Puts a copy of the pristine cluster where `dataDir` says, as if `startEmbedded` had just made it there. */
export async function newCluster(dataDir: string, pristine = inject('pristineCluster')): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  // Not by Node's `cp`, which gives the files to whoever copies them.
  await promisify(execFile)('cp', ['-a', `${join(pristine, 'store')}/.`, dataDir]);
}

/**
 * Starts a fresh PostgreSQL in a folder of its own (about half a second): for tests that fill, break or tune it.
 * An `unrelated` one takes longer and is no copy: it has a system identifier of its own.
 */
export async function testPostgres(
  options: { flags?: string[]; maxConnections?: number; pristine?: string; unrelated?: boolean } = {},
): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-test-'));
  // As root the server runs as another user, who has to get in.
  await chmod(folder, 0o755);
  const limit =
    options.maxConnections === undefined ? [] : ['-c', `max_connections=${options.maxConnections}`];
  if (options.unrelated !== true) await newCluster(join(folder, 'store'), options.pristine);
  const server = await startEmbedded({
    dataDir: join(folder, 'store'),
    flags: [...FAST, ...limit, ...(options.flags ?? [])],
  }).catch(async (error) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  let client: Promise<pg.Client> | undefined;
  return {
    url: server.url,
    port: server.port,
    pid: server.pid,
    admin: () => {
      client ??= connect(server.url);
      return client;
    },
    urlFor: (parts) => withParts(server.url, parts),
    stop: async () => {
      await client?.then((open) => open.end()).catch(() => {});
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The database of the shared server that a store is copied from. */
const STORE_TEMPLATE = 'lifeguard_store';

/**
 * Makes in the shared server the database that `testDatabase({ store: true })` copies.
 *
 * @param prepare brings the schemas into the empty database it is given
 */
export async function storeTemplate(shared: string, prepare: (url: string) => Promise<void>): Promise<void> {
  await statement(shared, `create database ${STORE_TEMPLATE} strategy file_copy`);
  await prepare(withParts(shared, { database: STORE_TEMPLATE }));
}

/**
 * Creates a database in the server that the whole run shares (a tenth of a second): an empty one, or, with
 * `store`, one that is up to date as a store.
 */
export async function testDatabase(
  options: { readonly store?: boolean } = {},
): Promise<{ url: string; drop(): Promise<void> }> {
  const shared = inject('sharedPostgresUrl');
  const name = `test_${randomBytes(8).toString('hex')}`;
  // Copying an empty database is cheaper than writing it once more to the log.
  const template = options.store === true ? `template ${STORE_TEMPLATE}` : '';
  await statement(shared, `create database ${name} ${template} strategy file_copy`);
  return {
    url: withParts(shared, { database: name }),
    drop: () => statement(shared, `drop database if exists ${name} with (force)`),
  };
}

/** A connected client that survives being cut off: its `error` events are heard and dropped. */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function statement(url: string, sql: string): Promise<void> {
  const client = await connect(url);
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function withParts(
  url: string,
  parts: { user?: string; password?: string; database?: string; application?: string },
): string {
  const changed = new URL(url);
  if (parts.user !== undefined) changed.username = parts.user;
  if (parts.password !== undefined) changed.password = parts.password;
  if (parts.database !== undefined) changed.pathname = `/${parts.database}`;
  if (parts.application !== undefined) changed.searchParams.set('application_name', parts.application);
  return changed.href;
}
