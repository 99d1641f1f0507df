import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './daemon.ts';

/** A real Redis; what it keeps on disk is up to who starts it. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Sends one command, e.g. `FLUSHALL`, and gives the first line of the answer. */
  command(line: string): Promise<string>;
  /** Kills the server; its own folder is removed, one that was given stays. Safe to call twice. */
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 10_000;
const POLL_EVERY_MS = 20;
const ANSWER_WITHIN_MS = 2_000;

/**
 * Starts Debian's `redis-server` on a free port of 127.0.0.1, or on the one given, and waits until it
 * answers.
 *
 * @param keptIn a folder in which it writes down every command before it answers, and reads them back at its
 * start; left out, it keeps nothing on disk
 * @throws Error with what the server printed when it ends early or does not answer in time
 */
export async function startRedis(port?: number, keptIn?: string): Promise<TestRedis> {
  const chosen = port ?? (await freePort());
  const folder = keptIn ?? (await mkdtemp(join(tmpdir(), 'lifeguard-redis-')));
  const keeping = keptIn === undefined ? ['no'] : ['yes', '--appendfsync', 'always'];
  const child = spawn(
    'redis-server',
    [
      '--port',
      String(chosen),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      ...keeping,
      '--dir',
      folder,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let printed = '';
  let ended: string | undefined;
  child.stdout.on('data', (chunk) => {
    printed += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    printed += String(chunk);
  });
  const gone = new Promise<void>((resolve) => {
    const end = (why: string) => {
      ended ??= why;
      resolve();
    };
    child.once('error', (error) => end(error.message));
    child.once('close', (code, signal) => end(`it ended with ${signal ?? code}`));
  });
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);

  const stop = async () => {
    child.kill('SIGKILL');
    await gone;
    process.off('exit', killWithUs);
    if (keptIn === undefined) await rm(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + READY_WITHIN_MS;
  while ((await ask(chosen, 'PING').catch(() => '')) !== '+PONG') {
    if (ended !== undefined || Date.now() > deadline) {
      await stop();
      throw new Error(`redis-server: ${ended ?? 'it was not ready in time'}\n${printed}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
  }
  return { url: `redis://127.0.0.1:${chosen}`, port: chosen, command: (line) => ask(chosen, line), stop };
}

/** One inline command of Redis's protocol. */
async function ask(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(ANSWER_WITHIN_MS, () => socket.destroy(new Error('redis-server did not answer')));
    socket.once('error', reject);
    socket.once('connect', () => socket.write(`${line}\r\n`));
    socket.once('data', (chunk) => {
      socket.destroy();
      resolve(String(chunk).split('\r\n', 1)[0] ?? '');
    });
  });
}
