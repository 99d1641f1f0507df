import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Debian's release and Node's major version, those of the image that the Dockerfile names. */
const SUITE = 'bookworm';
const NODE = 'node@22';
const NPM = 'npm@11';

/** What debootstrap and npm print is not kept, and must not fill a buffer either. */
const QUIET = { maxBuffer: 64 * 1024 * 1024 };

/** The file system of an image with Debian and Node. */
export interface BaseImage {
  /** Its root. */
  readonly folder: string;
  remove(): Promise<void>;
}

/**
 * Makes what stands in for the public image of Node where that cannot be had: Debian by debootstrap, Node and npm out
 * of the registry's packages `node` and `npm`, and the machine's own settings of npm. Takes minutes, and root.
 *
 * @throws Error with what was printed when one of them cannot be had
 */
export async function makeBaseImage(): Promise<BaseImage> {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-base-'));
  const root = join(folder, 'root');
  try {
    await run('debootstrap', ['--variant=minbase', SUITE, root], QUIET);
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefix', join(folder, 'npm'), NODE, NPM], {
      ...QUIET,
      // Beside a project's own settings npm would take its lock file and scripts into account.
      cwd: folder,
    });
    const modules = join(folder, 'npm/node_modules');
    const local = join(root, 'usr/local');
    await mkdir(join(local, 'lib/node_modules'), { recursive: true });
    await copyFile(join(modules, 'node/bin/node'), join(local, 'bin/node'));
    await run('cp', ['-a', join(modules, 'npm'), join(local, 'lib/node_modules/npm')]);
    for (const name of ['npm', 'npx'])
      await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, 'bin', name));
    await takeOverSettings(root, folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return { folder: root, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Where npm finds its packages here, and by which certificates it knows that place, is so in the image as well. */
async function takeOverSettings(root: string, cwd: string): Promise<void> {
  const setting = async (name: string): Promise<string> =>
    (await run('npm', ['config', 'get', name], { cwd })).stdout.trim();
  const lines = [`registry=${await setting('registry')}`];
  const authorities = await setting('cafile');
  if (authorities !== 'null' && authorities !== '') {
    const path = '/etc/npm-authorities.crt';
    await copyFile(authorities, join(root, path));
    lines.push(`cafile=${path}`);
  }
  await mkdir(join(root, 'usr/local/etc'), { recursive: true });
  await writeFile(join(root, 'usr/local/etc/npmrc'), `${lines.join('\n')}\n`);
}
