import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { removeEmbedded } from '../../src/store/embedded.ts';
import { freePort } from '../support/daemon.ts';
import { eventually } from '../support/lifeguard.ts';
import { newCluster } from '../support/postgres.ts';
import { isAlive, type Program, startCli } from '../support/process.ts';

const run = promisify(execFile);

let folder: string;
let programs: Program[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lifeguard-demo-test-'));
  programs = [];
});

afterEach(async () => {
  for (const program of programs) program.kill('SIGKILL');
  await Promise.all(programs.map((program) => program.ended));
  for (const name of ['store', 'patient']) await removeEmbedded(join(folder, '.lifeguard/demo', name));
  await rm(folder, { recursive: true, force: true });
});

/** What a demo of before leaves: the servers need not be made. */
async function playedBefore(): Promise<void> {
  await chmod(folder, 0o755);
  for (const name of ['store', 'patient']) await newCluster(join(folder, '.lifeguard/demo', name));
}

/** Starts the demo in the test's folder. */
function demo(...args: string[]): Program {
  const program = startCli(['demo', ...args], { cwd: folder });
  programs.push(program);
  return program;
}

describe('the demo', () => {
  test('plays itself to its good end: alert, thread, approval, kill, recovery, close', async () => {
    // Only root can enter such a folder, and PostgreSQL does not run as root.
    await chmod(folder, 0o700);
    const program = demo('--auto', '--port', '0');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    const story = program.stdout();
    const marks = [
      /alert posted: firing/,
      /thread opened: /,
      /Alice pressed Acknowledge/,
      /step 2: /,
      /Alice pressed Terminate for pid \d+/,
      /Bob pressed Approve; backend \d+ gone \d+ ms later/,
      /alert posted: resolved/,
      /incident closed: /,
    ].map((mark) => story.search(mark));
    expect(marks, story).not.toContain(-1);
    expect(marks, story).toEqual(marks.toSorted((a, b) => a - b));
    expect(program.stderr()).toBe('');
  }, 60_000);

  test('killed in the middle leaves nothing behind and goes on where it was: the same thread, and the incident closes', async () => {
    await playedBefore();
    const port = await freePort();
    const first = demo('--port', String(port));
    await first.prints(/#backend-team {2}.*orders/);
    await expectNothingLeft(first, 'SIGKILL', port);
    // The leak died with the process: the pool is well, and the incident that is still open closes.
    const second = demo('--port', '0');
    await second.prints(/alert posted: resolved/);
    await second.prints(/all alerts have cleared/i);
    const journal = await readFile(join(folder, '.lifeguard/demo/console.ndjson'), 'utf8');
    const parents = new Set(
      journal.match(/"slot":"parent"[^\n]*?"incident":"inc-\d+"|"incident":"inc-\d+","slot":"parent"/g),
    );
    expect([...parents]).toHaveLength(1);
  }, 90_000);

  test('started twice in one folder says who is there already; Ctrl-C leaves no PostgreSQL and no open port', async () => {
    await playedBefore();
    const port = await freePort();
    const first = demo('--port', String(port));
    await first.prints(/all is well/);
    const second = demo('--port', '0');
    expect((await second.ended).code).toBe(2);
    expect(second.stderr()).toMatch(new RegExp(`in use by process ${first.pid}`));
    expect(second.stderr()).not.toMatch(/\n\s+at /);
    expect(isAlive(first.pid)).toBe(true);
    await expectNothingLeft(first, 'SIGINT', port);
  }, 60_000);
});

/** Ends the demo by the signal, and looks for what it should have taken with it. */
async function expectNothingLeft(program: Program, signal: NodeJS.Signals, port: number): Promise<void> {
  const servers = await postgresOf(program.pid);
  expect(servers.length).toBe(2);
  program.kill(signal);
  const { code } = await program.ended;
  if (signal !== 'SIGKILL') expect(code).toBe(0);
  await eventually(() => (servers.some(isAlive) ? undefined : true), 'PostgreSQL is gone', 15_000);
  await expect(connects(port)).resolves.toBe(false);
}

/** The postmasters whose parent is the process. */
async function postgresOf(parent: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-eo', 'pid=,ppid=,args=']);
  return stdout.split('\n').flatMap((line) => {
    const [pid, ppid, command = ''] = line.trim().split(/\s+/);
    return Number(ppid) === parent && command.endsWith('postgres') ? [Number(pid)] : [];
  });
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
