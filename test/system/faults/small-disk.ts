import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file system of its own, of a fixed size. */
export interface SmallDisk {
  readonly folder: string;
  /** Leaves not a byte free. */
  fill(): Promise<void>;
  /** Gives back what was filled. */
  free(): Promise<void>;
  /** Takes it down; whoever has files on it has let go of them. */
  remove(): Promise<void>;
}

/** Room for a store and its log, with little to spare. */
const SIZE = '256m';

/**
 * Mounts a file system of a fixed size in memory.
 * @returns why there is none, where mounting is not permitted: it takes root, and not every container lets it
 */
export async function mountSmallDisk(): Promise<SmallDisk | string> {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=755`, 'lifeguard', folder]);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    return `a disk that can be filled takes the right to mount one: ${String(error).split('\n')[0]}`;
  }
  await chmod(folder, 0o755);
  const ballast = join(folder, 'ballast');
  return {
    folder,
    async fill() {
      const { bavail, bsize } = await statfs(folder);
      if (bavail > 0) await run('fallocate', ['-l', String(bavail * bsize), ballast]).catch(() => undefined);
    },
    free: () => rm(ballast, { force: true }),
    async remove() {
      await run('umount', ['-l', folder]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
