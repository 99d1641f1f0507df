import { realpath, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import pg from 'pg';
import { findBinaries } from './embedded/binaries.ts';
import { assertSameMajor, initialise } from './embedded/cluster.ts';
import { prepareHome } from './embedded/home.ts';
import { claim } from './embedded/owner.ts';
import { clearTheWay } from './embedded/postmaster.ts';
import { type Server, startServer } from './embedded/server.ts';

/** What the embedded PostgreSQL is to be. */
export type EmbeddedOptions = {
  /** Folder that holds the store (created when missing), for example `./.lifeguard/store`. */
  dataDir: string;
  /** TCP port on 127.0.0.1; left out, a free one is chosen anew at every start. */
  port?: number;
  /** Database that `url` names, created when missing. Default: `lifeguard`. */
  database?: string;
  /** More arguments for `postgres`, for example `['-c', 'max_connections=20']`; they win over our own. */
  flags?: readonly string[];
  /**
   * Folder outside closed homes, for root only: takes data and binaries when the account that PostgreSQL
   * runs as cannot enter their own place. Default: /var/lib/lifeguard, or else one in the temporary folder.
   */
  sharedDir?: string;
  /** Takes what the server prints: fatal errors only, without SQL. Default: dropped. */
  log?: (line: string) => void;
  /** Called once the server is on its way: it takes a moment yet, in which it needs nothing of this process. */
  onLaunched?: () => void;
};

/** A running embedded PostgreSQL. */
export type Embedded = {
  /** Connection string with the password: never log it. */
  url: string;
  port: number;
  /** Where the data really lies; another place than asked for when PostgreSQL could not reach that one. */
  dataDir: string;
  /** Process id of the postmaster. */
  pid: number;
  /** Settles when the server has ended, asked or not. */
  exited: Promise<void>;
  /** Ends the server in order (open connections are cut). Safe to call twice. */
  stop(): Promise<void>;
};

const USER = 'lifeguard';
const PORT_ATTEMPTS = 10;
const INVALID_CATALOG_NAME = '3D000';
const DUPLICATE_DATABASE = '42P04';

/**
 * Starts a real PostgreSQL for this process alone, on 127.0.0.1 with a generated password. The data is
 * kept in `dataDir` for the next start; the server ends with this process, however that ends.
 *
 * Throws an Error whose message names the mend: the platform has no binaries (set DATABASE_URL), another
 * process uses the folder, the folder cannot be written, the data is of another major version.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const wanted = resolve(options.dataDir);
  const sharedDirs = options.sharedDir === undefined ? undefined : [resolve(options.sharedDir)];
  const home = await prepareHome(wanted, await findBinaries(), sharedDirs);
  const release = await claim(home.dir, wanted);
  try {
    await clearTheWay(home);
    const password = await initialise(home, USER, (options.flags ?? []).join(' ').includes('fsync=off'));
    await assertSameMajor(home);
    const server = await startOnPort(options, (port) =>
      startServer({
        home,
        port,
        flags: options.flags ?? [],
        log: options.log ?? (() => {}),
        onLaunched: options.onLaunched ?? (() => {}),
      }),
    );
    try {
      const urlOf = (database: string) =>
        `postgres://${USER}:${password}@127.0.0.1:${server.port}/${encodeURIComponent(database)}`;
      const database = options.database ?? 'lifeguard';
      await ensureDatabase(urlOf, database, home.dir);
      const exited = server.exited.then(release);
      return {
        url: urlOf(database),
        port: server.port,
        dataDir: home.dir,
        pid: server.pid,
        exited,
        stop: async () => {
          await server.stop();
          await exited;
        },
      };
    } catch (error) {
      await server.stop();
      throw error;
    }
  } catch (error) {
    await release();
    throw error;
  }
}

/**
 * Deletes the store in `dataDir` for good. A server that its process left behind is ended first: what it
 * writes on its way out would come between.
 *
 * @throws Error when that server will not end, or a file cannot be deleted
 */
export async function removeEmbedded(dataDir: string): Promise<void> {
  const real = await realpath(dataDir).catch(() => undefined);
  if (real !== undefined) {
    await clearTheWay({ dir: real });
    await rm(real, { recursive: true, force: true, maxRetries: 5 });
  }
  await rm(dataDir, { recursive: true, force: true });
}

/** Runs `start` on the port asked for, or on free ones until nobody else has snatched the port first. */
async function startOnPort(
  options: EmbeddedOptions,
  start: (port: number) => Promise<Server | 'port taken'>,
): Promise<Server> {
  for (let attempt = 1; attempt <= PORT_ATTEMPTS; attempt += 1) {
    const port = options.port ?? (await freePort());
    const server = await start(port);
    if (server !== 'port taken') return server;
    if (options.port !== undefined) {
      throw new Error(`embedded PostgreSQL: port ${port} is taken; choose another, or none for a free one`);
    }
  }
  throw new Error(`embedded PostgreSQL: no free port on 127.0.0.1 after ${PORT_ATTEMPTS} attempts`);
}

/** A TCP port that was free on 127.0.0.1 a moment ago. */
function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => done(port));
    });
  });
}

/** Connects to `database` and creates it when missing: also the proof that the server takes our password. */
async function ensureDatabase(urlOf: (database: string) => string, database: string, dir: string) {
  try {
    await once(urlOf(database), 'select 1');
    return;
  } catch (error) {
    const code = error instanceof pg.DatabaseError ? error.code : undefined;
    if (code === '28P01') {
      throw new Error(
        `embedded PostgreSQL: the password in ${dir}/password is not the one the data was made with; restore that file, or set DATABASE_URL`,
      );
    }
    if (code !== INVALID_CATALOG_NAME) throw error;
  }
  try {
    await once(urlOf('postgres'), `create database ${pg.escapeIdentifier(database)}`);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === DUPLICATE_DATABASE)) throw error;
  }
}

/** One statement on a connection of its own. */
async function once(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end().catch(() => {});
  }
}
