import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './lifeguard.ts';

const ROOT = join(import.meta.dirname, '../..');
const CLI = join(ROOT, 'dist/cli.js');

/** A program that ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProgramOptions {
  /** The environment, all of it: nothing of this process's own goes along but PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Runs it as this user of the system; takes root. */
  readonly as?: { readonly uid: number; readonly gid: number };
}

/** The compiled command line, running as a child process. */
export interface Program {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<Ended>;
  /** Sends a signal; SIGKILL ends it in the middle of whatever it does. */
  kill(signal: NodeJS.Signals): void;
  /** Waits until it has printed what fits, on either stream; fails with what it printed instead. */
  prints(what: RegExp, ms?: number): Promise<RegExpExecArray>;
}

/**
 * Starts `node dist/cli.js` with arguments. What is still running when the test process exits is killed.
 *
 * @throws Error when there is no build
 */
export function startCli(args: readonly string[], options: ProgramOptions = {}): Program {
  assertBuilt();
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: options.cwd ?? ROOT,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options.as,
  });
  return watch(child);
}

/** Runs the command line to its end; killed when that takes longer than `ms`. */
export async function runCli(
  args: readonly string[],
  options: ProgramOptions & { readonly ms?: number } = {},
): Promise<Ended & { readonly stdout: string; readonly stderr: string }> {
  const program = startCli(args, options);
  const timer = setTimeout(() => program.kill('SIGKILL'), options.ms ?? 50_000);
  const ended = await program.ended;
  clearTimeout(timer);
  return { ...ended, stdout: program.stdout(), stderr: program.stderr() };
}

/** Whether a process of this number lives. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function watch(child: ChildProcess): Program {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  let over = false;
  const ended = new Promise<Ended>((resolve) => {
    child.once('error', (error) => {
      stderr += error.message;
      resolve({ code: null, signal: null });
    });
    child.once('close', (code, signal) => {
      over = true;
      process.off('exit', killWithUs);
      resolve({ code, signal });
    });
  });
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    kill: (signal) => void child.kill(signal),
    prints: async (what, ms = 40_000) => {
      const found = await eventually(
        () => what.exec(stdout) ?? what.exec(stderr) ?? (over ? null : undefined),
        `the program to print ${what}`,
        ms,
      ).catch((error: Error) => {
        throw new Error(`${error.message}; it printed:\n${stdout}\n${stderr}`);
      });
      if (found === null)
        throw new Error(`it ended before it printed ${what}; it printed:\n${stdout}\n${stderr}`);
      return found;
    },
  };
}

function assertBuilt(): void {
  if (!existsSync(CLI)) throw new Error('dist/cli.js is missing: npm run build');
}
