import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverEnvironment } from './cluster.ts';
import type { Home } from './home.ts';
import { dataOf, readPidFile } from './postmaster.ts';

/** A postmaster that takes connections. */
export type Server = { port: number; pid: number; exited: Promise<void>; stop(): Promise<void> };

/** What `startServer` needs. */
export type ServerOptions = {
  home: Home;
  port: number;
  flags: readonly string[];
  log: (line: string) => void;
  onLaunched: () => void;
};

/**
 * Becomes `postgres`, after leaving behind a watchdog that reads from a pipe of ours. When we end, however
 * we end, the pipe closes: the watchdog asks for a fast shutdown, and for an immediate one if that hangs.
 * A line on the pipe calls it off. The double fork keeps it from being a child of the postmaster, which
 * takes a child it does not know for a crashed backend.
 */
const LAUNCH = `
exec 3<&0 </dev/null
(
  (
    trap '' HUP INT QUIT TERM
    read -r called_off <&3 && exit
    kill -INT $$ && for second in 1 2 3 4 5 6 7 8 9 10; do
      sleep 1
      kill -0 $$ || exit
    done
    kill -QUIT $$
  ) >/dev/null 2>&1 &
)
exec 3<&-
exec "$@"
`;

/** A store for one process: safe (fsync and synchronous_commit stay on), small, and silent about SQL. */
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=50',
  'shared_buffers=32MB',
  'wal_level=minimal',
  'max_wal_senders=0',
  'min_wal_size=32MB',
  'max_wal_size=256MB',
  'io_method=sync',
  'jit=off',
  'log_min_messages=fatal',
  'log_min_error_statement=panic',
  'log_error_verbosity=terse',
] as const;

const START_TIMEOUT_MS = 60_000;
const POLL_MS = 5;
/** A postmaster killed outright leaves backends that need a moment to notice and let go of its memory. */
const REMAINS_RETRIES = 50;
const REMAINS_WAIT_MS = 100;
const FAST_SHUTDOWN_MS = 10_000;
const STDERR_KEPT = 4_096;

/**
 * Starts `postgres` on the data of `home` and waits until it takes connections.
 * `port taken` when someone else listens there; throws with PostgreSQL's own words for anything else.
 */
export async function startServer(options: ServerOptions): Promise<Server | 'port taken'> {
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await launch(options);
    if (typeof outcome !== 'string') return outcome;
    if (/could not create any TCP\/IP sockets|Address already in use/.test(outcome)) return 'port taken';
    const remains = /pre-existing shared memory block|shared memory .* still in use/.test(outcome);
    if (!remains || attempt >= REMAINS_RETRIES) {
      throw new Error(`embedded PostgreSQL did not start: ${outcome.trim() || 'it ended without a word'}`);
    }
    await sleep(REMAINS_WAIT_MS);
  }
}

/** One attempt: the server, or what it printed before it ended. */
async function launch({ home, port, flags, log, onLaunched }: ServerOptions): Promise<Server | string> {
  const data = dataOf(home);
  const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
  const postgres = join(home.binaries.dir, 'bin', 'postgres');
  const child = spawn(
    '/bin/sh',
    ['-c', LAUNCH, 'sh', postgres, '-D', data, '-p', String(port), ...settings, ...flags],
    {
      stdio: ['pipe', 'ignore', 'pipe'],
      cwd: '/',
      env: serverEnvironment(),
      // Its own session: Ctrl-C in the terminal must reach us first, so that we can finish with the store.
      detached: true,
      ...(home.account === undefined ? {} : { uid: home.account.uid, gid: home.account.gid }),
    },
  );
  const printed = collect(child, log);
  onLaunched();
  const exited = new Promise<void>((done) => {
    child.once('error', () => done());
    child.once('exit', () => {
      callOffWatchdog(child);
      done();
    });
  });
  let ended = false;
  exited.then(() => {
    ended = true;
  });
  for (const until = Date.now() + START_TIMEOUT_MS; !ended; await sleep(POLL_MS)) {
    const found = await readPidFile(data);
    if (found?.ready && found.pid === child.pid) return running(child, found.pid, port, exited);
    if (Date.now() > until) child.kill('SIGQUIT');
  }
  await printed.closed;
  return printed.text();
}

/** Dresses a postmaster that is ready; from here on it does not keep our process alive. */
function running(child: ChildProcess, pid: number, port: number, exited: Promise<void>): Server {
  child.unref();
  for (const stream of [child.stdin, child.stderr]) {
    if (stream !== null && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
  }
  const stop = async () => {
    child.ref();
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
    const impatience = setTimeout(() => child.kill('SIGQUIT'), FAST_SHUTDOWN_MS);
    await exited;
    clearTimeout(impatience);
  };
  return { port, pid, exited, stop };
}

function callOffWatchdog(child: ChildProcess): void {
  child.stdin?.end('\n');
}

/** Passes on what the server prints, line by line, and keeps the last of it for an error message. */
function collect(child: ChildProcess, log: (line: string) => void) {
  let text = '';
  let rest = '';
  child.stdin?.on('error', () => {
    // The watchdog has gone: nothing left to call off.
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-STDERR_KEPT);
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) log(line);
  });
  child.once('error', (error) => {
    text += error.message;
  });
  const closed = new Promise<void>((done) => {
    child.once('close', () => done());
    child.once('error', () => done());
  });
  return { text: () => text, closed };
}
