import { Socket } from 'node:net';
import pg from 'pg';
import { LifelineError } from './faults.ts';
import type { Timers } from './timers.ts';

/** The name under which the server lists our connections. */
export const APPLICATION_NAME = 'lifeguard';

/** An open connection to the pool's server, with our settings on it. */
export interface Session {
  readonly client: pg.Client;
  /** `server_version_num`, for example 160004. */
  readonly serverVersion: number;
  readonly backendPid: number;
  /** The other end is a pooler (its process id is not the backend's): settings and identity may not hold. */
  readonly viaPooler: boolean;
  /** Cuts the socket without a word to the other end, which may not be listening any more. */
  destroy(): void;
}

/** The server ends a statement of ours after this many milliseconds, unless it was given another limit. */
export const SESSION_TIMEOUT_MS = 2_000;

const KEEPALIVE_DELAY_MS = 10_000;

/**
 * What every session of ours starts with. The role or the database may carry other defaults, some of which
 * (idle_session_timeout) would cost us the connection, and a search_path through which a function of
 * someone else could stand in for one of pg_catalog. Settings that old servers lack are set only if known.
 *
 * A role that is read-only by default (deploy/postgresql/lifeguard-role.sql) is not kept from `alter role`: each
 * read of ours says by itself that it is one.
 */
const SETTLE = `
  set search_path = pg_catalog;
  set application_name = '${APPLICATION_NAME}';
  set statement_timeout = ${SESSION_TIMEOUT_MS};
  set lock_timeout = '500ms';
  set idle_in_transaction_session_timeout = '10s';
  set client_min_messages = error;
  set jit = off;
  set default_transaction_read_only = off;
  select pg_catalog.set_config(name, '0', false)
    from pg_catalog.pg_settings
   where name in ('idle_session_timeout', 'transaction_timeout');
  select pg_catalog.current_setting('server_version_num')::int as version,
         pg_catalog.pg_backend_pid() as pid;
`;

/** How `openSession` is bounded. */
export interface OpenOptions {
  readonly timers: Timers;
  /** Milliseconds for all of it: name, socket, TLS, password, settings. */
  readonly timeoutMs: number;
  /** Gives up at once when aborted. */
  readonly signal: AbortSignal;
}

/**
 * Opens a connection and settles it. Throws what `pg` throws, or a LifelineError with reason `timeout`.
 */
export async function openSession(url: string, { timers, timeoutMs, signal }: OpenOptions): Promise<Session> {
  const socket = new Socket();
  const client = new pg.Client({
    connectionString: withLibpqTls(url),
    application_name: APPLICATION_NAME,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_DELAY_MS,
    stream: () => socket,
  });
  // A client without this listener takes the whole process with it when its connection breaks.
  client.on('error', () => {});
  const destroy = () => {
    socket.destroy();
  };
  signal.addEventListener('abort', destroy);
  let late = false;
  const callOff = timers.after(timeoutMs, () => {
    late = true;
    destroy();
  });
  try {
    await client.connect();
    const { version, pid } = factsOf(await client.query(SETTLE));
    const { processID } = client as { processID?: unknown };
    return { client, serverVersion: version, backendPid: pid, viaPooler: processID !== pid, destroy };
  } catch (error) {
    destroy();
    if (!late) throw error;
    throw new LifelineError('timeout', `no connection within ${timeoutMs} ms`, {
      code: 'timeout',
      message: `no connection within ${timeoutMs} ms`,
    });
  } finally {
    callOff();
    signal.removeEventListener('abort', destroy);
  }
}

/** The last row of what SETTLE answers; `pg` gives an array of results for several statements. */
function factsOf(answer: unknown): { version: number; pid: number } {
  const results = Array.isArray(answer) ? answer : [answer];
  const row: unknown = results.at(-1)?.rows?.[0];
  if (typeof row === 'object' && row !== null && 'version' in row && 'pid' in row) {
    return { version: Number(row.version), pid: Number(row.pid) };
  }
  throw new Error('the server did not tell its version: is this PostgreSQL?');
}

/**
 * Has `sslmode` mean what PostgreSQL documents (libpq, table "SSL mode descriptions"): `pg` 8 reads
 * `require` as `verify-full`, so that a URL that works in psql would fail here.
 */
function withLibpqTls(url: string): string {
  const mode = /[?&]sslmode=([^&]*)/.exec(url)?.[1];
  if (mode === undefined || mode === 'no-verify' || /[?&]uselibpqcompat=/.test(url)) return url;
  return `${url}&uselibpqcompat=true`;
}
