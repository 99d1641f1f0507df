import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { freePort } from './setup.ts';

const REDIS = '/usr/bin/redis-server';
const PATIENCE_MS = 5_000;

/** A Redis of the measurement's own. @returns `undefined` where it is not installed */
export async function startRedis(): Promise<{ readonly url: string; stop(): Promise<void> } | undefined> {
  if (!existsSync(REDIS)) return undefined;
  const port = await freePort();
  const child = spawn(
    REDIS,
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    {
      stdio: 'ignore',
    },
  );
  await listening(port);
  return { url: `redis://127.0.0.1:${port}`, stop: () => ended(child) };
}

async function listening(port: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isOpen) return;
    if (performance.now() > deadline) throw new Error('redis-server does not listen');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
