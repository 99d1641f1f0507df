import { execFile, spawn } from 'node:child_process';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { accountFor } from '../../src/store/embedded/account.ts';
import { freePort } from './daemon.ts';
import { connect } from './postgres.ts';

const run = promisify(execFile);
const READY_WITHIN_MS = 15_000;
const POLL_EVERY_MS = 25;

/** Where Debian keeps the programs of its own PostgreSQL, an older one than the embedded. */
export const OLDER_POSTGRES = '/usr/lib/postgresql/15/bin/postgres';

/**
 * Starts Debian's PostgreSQL 15 with pg_stat_statements loaded, on a free port of 127.0.0.1.
 *
 * @returns the superuser's URL, and how to end it and remove its data
 * @throws Error with what the server printed when it does not take connections in time
 */
export async function startOlderPostgres(): Promise<{ url: string; stop(): Promise<void> }> {
  const account = await accountFor();
  const as = account === undefined ? {} : { uid: account.uid, gid: account.gid };
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-older-'));
  await chmod(folder, 0o700);
  if (account !== undefined) await chown(folder, account.uid, account.gid);
  const data = join(folder, 'data');
  const port = await freePort();
  const initdb = OLDER_POSTGRES.replace(/postgres$/, 'initdb');
  await run(initdb, ['-D', data, '-U', 'admin', '-A', 'trust', '--no-sync'], { ...as, cwd: folder });
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'fsync=off',
    'shared_preload_libraries=pg_stat_statements',
  ];
  const child = spawn(OLDER_POSTGRES, ['-D', data, ...settings.flatMap((one) => ['-c', one])], {
    ...as,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const gone = new Promise<void>((done) => child.once('close', () => done()));
  const stop = async (): Promise<void> => {
    child.kill('SIGINT');
    await gone;
    await rm(folder, { recursive: true, force: true });
  };
  const url = `postgres://admin@127.0.0.1:${port}/postgres`;
  for (const until = Date.now() + READY_WITHIN_MS; ; ) {
    const client = await connect(url).catch(() => undefined);
    if (client !== undefined) {
      await client.end();
      return { url, stop };
    }
    if (Date.now() > until || child.exitCode !== null) {
      await stop();
      throw new Error(`PostgreSQL 15 did not start: ${printed}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
  }
}
