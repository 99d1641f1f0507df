import { createHash, randomBytes } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readlink, realpath, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Account, accountFor, canReach } from './account.ts';
import { type Binaries, copyBinaries } from './binaries.ts';

/**
 * Where a store lives and who runs it. `dir` holds `data/` (PostgreSQL's own), `password` and `owner`.
 */
export type Home = {
  dir: string;
  binaries: Binaries;
  /** The account PostgreSQL runs as when we are root; undefined: our own. */
  account: Account | undefined;
};

/** Places outside everybody's home that any account can enter, best first; /tmp may be swept at boot. */
const SHARED_DIRS = ['/var/lib/lifeguard', join(tmpdir(), 'lifeguard-root')];

/** Others may pass through a home to their own `data/` (mode 700), but see nothing in it. */
const PASS_THROUGH = 0o711;

/**
 * Makes sure that `wanted` is a folder PostgreSQL can keep data in, and that it can run the binaries.
 *
 * PostgreSQL refuses to run as root, so as root it runs as an account without rights. When that account
 * cannot enter `wanted` (a checkout in root's home, say), the data is kept in a shared folder outside and
 * `wanted` becomes a symlink to it; the binaries are copied there likewise.
 */
export async function prepareHome(
  wanted: string,
  binaries: Binaries,
  sharedDirs: readonly string[] = SHARED_DIRS,
): Promise<Home> {
  const account = await accountFor();
  try {
    if (account === undefined) {
      await mkdir(wanted, { recursive: true, mode: 0o700 });
      return { dir: await realpath(wanted), binaries, account };
    }
    await mkdir(dirname(wanted), { recursive: true });
    const dir = await placeFor(wanted, account, sharedDirs);
    const runnable = (await canReach(account, join(binaries.dir, 'bin', 'postgres')))
      ? binaries
      : await copyBinaries(binaries, await sharedDir(account, sharedDirs));
    return { dir, binaries: runnable, account };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'EACCES' && code !== 'EROFS' && code !== 'ENOSPC' && code !== 'EPERM') throw error;
    throw new Error(
      `embedded PostgreSQL: cannot keep data in ${wanted} (${code}): make the folder writable for this user, or set DATABASE_URL`,
    );
  }
}

/** The real folder behind `wanted`, in a place that `account` can enter. */
async function placeFor(wanted: string, account: Account, sharedDirs: readonly string[]): Promise<string> {
  const found = await lstat(wanted).catch(() => undefined);
  if (found?.isSymbolicLink()) {
    return openHome(resolve(dirname(wanted), await readlink(wanted)));
  }
  if (await canReach(account, dirname(wanted))) return openHome(wanted);
  return placeOutside(wanted, found?.isDirectory() === true, await sharedDir(account, sharedDirs));
}

/**
 * Puts the home below `shared` and links `wanted` to it. The link alone says where the data is: whoever
 * deletes it begins anew, and of two processes that do this at once the first link wins.
 */
async function placeOutside(wanted: string, hasData: boolean, shared: string): Promise<string> {
  const origin = createHash('sha256').update(wanted).digest('hex').slice(0, 16);
  const place = join(shared, `${origin}-${randomBytes(4).toString('hex')}`);
  if (hasData) await move(wanted, place);
  const dir = await openHome(place);
  try {
    await symlink(dir, wanted);
    return dir;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || hasData) throw error;
    await rm(dir, { recursive: true });
    return realpath(wanted);
  }
}

/** Makes the folder with the mode it needs, whatever the umask or an earlier mkdir made of it. */
async function openHome(dir: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  await chmod(dir, PASS_THROUGH);
  return realpath(dir);
}

/** Data made while the folder could still be entered follows to the new place. */
async function move(from: string, to: string): Promise<void> {
  await rename(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV') throw error;
    await cp(from, to, { recursive: true, preserveTimestamps: true });
    await rm(from, { recursive: true });
  });
}

/** First shared folder that is ours alone to write and that `account` can enter. */
async function sharedDir(account: Account, candidates: readonly string[]): Promise<string> {
  for (const dir of candidates) {
    await mkdir(dir)
      .then(() => chmod(dir, 0o755))
      .catch(() => {
        // There already, or not to be had: the next lines tell.
      });
    const found = await lstat(dir).catch(() => undefined);
    // In /tmp anyone could have put a folder of this name to slip us binaries or read our data.
    const ours = found?.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
    if (ours && (await canReach(account, dir))) return dir;
  }
  throw new Error(
    `embedded PostgreSQL: found no folder that user ${account.name} can enter (tried ${candidates.join(', ')}): set DATABASE_URL`,
  );
}
