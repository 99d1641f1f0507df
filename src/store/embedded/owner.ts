import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processMark } from './process.ts';

const ATTEMPTS = 5;

/**
 * Makes this process the only user of the store in `dir`, by a file `owner` that names it, and returns the
 * function that gives it up. A file left by a process that is dead counts for nothing.
 *
 * Throws an Error that names the other process when it lives. PostgreSQL's own lock (postmaster.pid) guards
 * the data; this one exists to tell an orphaned server from one that another Lifeguard is using.
 */
export async function claim(dir: string, wanted: string): Promise<() => Promise<void>> {
  const file = join(dir, 'owner');
  const mine = `${process.pid} ${(await processMark(process.pid)) ?? ''}\n`;
  const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await writeFile(draft, mine, { mode: 0o600 });
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      try {
        await link(draft, file);
        return async () => {
          if ((await readFile(file, 'utf8').catch(() => '')) === mine) await rm(file, { force: true });
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      await dropStale(file, wanted);
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw inUse(wanted, 'another process');
}

/** Takes the owner file away when its process is dead; throws when it lives. */
async function dropStale(file: string, wanted: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const [pid = '', ...mark] = text.trim().split(' ');
  const living = await processMark(Number(pid));
  if (living !== undefined && living === mark.join(' ')) throw inUse(wanted, `process ${pid}`);
  // Between reading and removing, someone else may have cleared the file and put their own: look what we took.
  const taken = `${file}.stale.${process.pid}`;
  await rename(file, taken).catch(() => {});
  if ((await readFile(taken, 'utf8').catch(() => text)) !== text) await link(taken, file).catch(() => {});
  await rm(taken, { force: true });
}

function inUse(wanted: string, by: string): Error {
  return new Error(
    `embedded PostgreSQL: ${wanted} is in use by ${by}: stop that one, or set DATABASE_URL to a PostgreSQL that both can share`,
  );
}
