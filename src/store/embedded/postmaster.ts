import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Home } from './home.ts';
import { processCommand } from './process.ts';

/** PostgreSQL's own folder inside a home. */
export function dataOf(home: Pick<Home, 'dir'>): string {
  return join(home.dir, 'data');
}

/** First line of postmaster.pid and whether the server has written that it takes connections. */
export async function readPidFile(data: string): Promise<{ pid: number; ready: boolean } | undefined> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // Lines as in src/include/utils/pidfile.h: 1 the pid, 8 the state.
  const lines = text.split('\n');
  return { pid: Number(lines[0]), ready: lines[7]?.trim() === 'ready' };
}

const POLL_MS = 10;
/** Time for the orphan's own watchdog, which has noticed already, then for each stronger signal. */
const STEPS: readonly { signal: NodeJS.Signals | undefined; waitMs: number }[] = [
  { signal: undefined, waitMs: 300 },
  { signal: 'SIGINT', waitMs: 10_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
];

/**
 * Leaves no server on the data of `home`: an orphan of a process that died is stopped properly, and a
 * postmaster.pid whose number now belongs to a stranger is removed. Call it only after `claim`, which
 * says that nobody living uses the data. Throws when an orphan will not end.
 */
export async function clearTheWay(home: Pick<Home, 'dir'>): Promise<void> {
  const data = dataOf(home);
  const found = await readPidFile(data);
  if (found === undefined) return;
  for (const { signal, waitMs } of STEPS) {
    if (!(await isServerOf(found.pid, data))) break;
    if (signal !== undefined) signalIfAlive(found.pid, signal);
    for (const until = Date.now() + waitMs; Date.now() < until; await sleep(POLL_MS)) {
      if (!(await isServerOf(found.pid, data))) break;
    }
  }
  if (await isServerOf(found.pid, data)) {
    throw new Error(
      `embedded PostgreSQL: an earlier server (process ${found.pid}) does not end: end it, then start again`,
    );
  }
  // PostgreSQL would take any living process with that number for itself and refuse to start.
  if ((await readPidFile(data))?.pid === found.pid) await rm(join(data, 'postmaster.pid'), { force: true });
}

/** Whether `pid` is a PostgreSQL that serves `data`; we start it as `postgres -D <data> …`. */
async function isServerOf(pid: number, data: string): Promise<boolean> {
  return (await processCommand(pid))?.includes(`postgres -D ${data} `) ?? false;
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone meanwhile.
  }
}
