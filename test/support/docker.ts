import { execFile, spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { needs } from './needs.ts';

/** A real Docker engine with folders of its own, and an image with a shell in it. */
export interface TestDocker {
  /** As DOCKER_HOST takes it. */
  readonly host: string;
  /** Starts a container that runs a shell script; gives its id. */
  run(name: string, script: string, options?: object): Promise<string>;
  /** Asks the Engine API; fails on an answer that is none of success. */
  api(method: string, path: string, body?: object): Promise<unknown>;
  /** The container as the engine sees it. */
  inspect(name: string): Promise<{ Id: string; State: { StartedAt: string; Running: boolean } }>;
  /** Ends the engine and what runs in it, and removes its folders. Safe to call twice. */
  stop(): Promise<void>;
}

const daemon = needs('dockerd', 'docker.io');
const shell = needs('busybox', 'busybox-static');
const isRoot = process.getuid?.() === 0;

/** Whether the tests that need an engine can run here, for `describe.skipIf`; it takes root besides the packages. */
export const dockerNeed = {
  skip: !isRoot || daemon.skip || shell.skip,
  reason: isRoot ? `${daemon.reason}${shell.reason}` : ' (needs root)',
};

const IMAGE = 'lifeguard-test:1';
const READY_WITHIN_MS = 30_000;
const POLL_EVERY_MS = 50;

/** A script that ends at once when it is told to, and else never. */
export const OBEDIENT = 'echo up; trap "exit 0" TERM; while :; do sleep 1 & wait $!; done';

export interface DockerOptions {
  /** How it keeps its layers: `vfs` works everywhere; left to the engine where an image is built of many. */
  readonly storage?: 'vfs' | 'chosen';
}

/** Starts it; the caller stops it. @throws Error with what it printed when it is not ready in time */
export async function startDocker({ storage = 'vfs' }: DockerOptions = {}): Promise<TestDocker> {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-docker-'));
  const socket = join(folder, 'docker.sock');
  const child = spawn(
    'dockerd',
    [
      '--bridge=none',
      '--iptables=false',
      ...(storage === 'vfs' ? ['--storage-driver=vfs'] : []),
      `--data-root=${join(folder, 'data')}`,
      `--exec-root=${join(folder, 'exec')}`,
      `--pidfile=${join(folder, 'pid')}`,
      `--host=unix://${socket}`,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let printed = '';
  let ended = false;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-20_000);
    });
  const gone = new Promise<void>((done) => {
    const end = () => {
      ended = true;
      done();
    };
    child.once('error', end);
    child.once('close', end);
  });
  const killWithUs = () => child.kill('SIGTERM');
  process.once('exit', killWithUs);

  const api = (method: string, path: string, body?: object | Buffer): Promise<unknown> =>
    call(socket, method, path, body);
  const stop = async (): Promise<void> => {
    if (!ended) {
      const all = await api('GET', '/containers/json').catch(() => []);
      for (const { Id } of all as { Id: string }[]) await api('DELETE', `/containers/${Id}?force=1`);
      child.kill('SIGTERM');
    }
    await gone;
    process.off('exit', killWithUs);
    // It leaves the network of the host mounted, where a container used it.
    await promisify(execFile)('umount', [join(folder, 'exec/netns/default')]).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const deadline = Date.now() + READY_WITHIN_MS;
    while (
      !(await api('GET', '/_ping').then(
        () => true,
        () => false,
      ))
    ) {
      if (ended || Date.now() > deadline) throw new Error(`dockerd is not ready\n${printed}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
    }
    await api(
      'POST',
      `/images/create?fromSrc=-&repo=${IMAGE.replace(':', '&tag=')}`,
      await shellImage(folder),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    host: `unix://${socket}`,
    api,
    async run(name, script, options = {}) {
      const created = (await api('POST', `/containers/create?name=${name}`, {
        Image: IMAGE,
        Cmd: ['/bin/sh', '-c', script],
        HostConfig: { NetworkMode: 'none' },
        ...options,
      })) as { Id: string };
      await api('POST', `/containers/${created.Id}/start`);
      return created.Id;
    },
    inspect: (name) => api('GET', `/containers/${name}/json`) as ReturnType<TestDocker['inspect']>,
    stop,
  };
}

/** A file system of nothing but busybox under the names of a few programs, as a tar archive. */
async function shellImage(folder: string): Promise<Buffer> {
  const root = join(folder, 'image');
  await mkdir(join(root, 'bin'), { recursive: true });
  await copyFile('/bin/busybox', join(root, 'bin/busybox'));
  for (const name of ['sh', 'sleep']) await symlink('busybox', join(root, 'bin', name));
  const tar = spawn('tar', ['--create', '--directory', root, '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  for await (const chunk of tar.stdout) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function call(socketPath: string, method: string, path: string, body?: object | Buffer): Promise<unknown> {
  const isTar = Buffer.isBuffer(body);
  const headers =
    body === undefined ? {} : { 'Content-Type': isTar ? 'application/x-tar' : 'application/json' };
  return new Promise((done, fail) => {
    const asked = request({ socketPath, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        if ((response.statusCode ?? 500) >= 300)
          fail(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
        else
          done(
            response.headers['content-type']?.includes('json') === true && text !== '' ? parse(text) : text,
          );
      });
    });
    asked.on('error', fail);
    asked.end(body === undefined || isTar ? body : JSON.stringify(body));
  });
}

/** A progress report is several JSON documents, one a line; nobody here reads those. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
