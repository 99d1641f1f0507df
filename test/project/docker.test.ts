import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '../support/daemon.ts';

const ROOT = join(import.meta.dirname, '../..');
const DOCKERFILE = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').replace(/\\\n\s*/g, '');
/** The stage that becomes the image. */
const LAST_STAGE = DOCKERFILE.slice(DOCKERFILE.lastIndexOf('\nFROM '));

/** The arguments of an instruction of the last stage. */
function instruction(name: string): string[] {
  return [...LAST_STAGE.matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].map((match) => match[1] ?? '');
}

/** Runs the image's health check, as Docker would inside the container. */
async function healthCheck(port: number): Promise<number | null> {
  const [program = '', ...args] = JSON.parse(
    /CMD (\[.*\])$/.exec(instruction('HEALTHCHECK')[0] ?? '')?.[1] ?? '[]',
  );
  const check = spawn(program, args, { env: { PATH: process.env.PATH, PORT: String(port) } });
  return await new Promise((done) => check.once('close', done));
}

describe('the health check of the image', () => {
  const servers: Array<ReturnType<typeof createServer>> = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  async function answering(status: number): Promise<number> {
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/healthz' ? status : 404).end();
    });
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return (server.address() as AddressInfo).port;
  }

  test('is well while /healthz answers 200', async () => {
    expect(await healthCheck(await answering(200))).toBe(0);
  });

  test('is unwell when /healthz answers 503', async () => {
    expect(await healthCheck(await answering(503))).toBe(1);
  });

  test('is unwell when nothing answers', async () => {
    expect(await healthCheck(await freePort())).toBe(1);
  });
});

describe('the image', () => {
  test('runs serve as process 1, as `npm start` does, so that SIGTERM reaches it', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(instruction('ENTRYPOINT').map((each) => JSON.parse(each))).toEqual([
      scripts.start.replace(/ serve$/, '').split(' '),
    ]);
    expect(instruction('CMD').map((each) => JSON.parse(each))).toEqual([['serve']]);
    expect(instruction('STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  test('runs as an ordinary user, told by number', () => {
    expect(instruction('USER')).toEqual([expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)]);
  });

  test('takes from the checkout only what .dockerignore lets in, and that is there', () => {
    const lines = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
    const rules = lines.filter((line) => line !== '' && !line.startsWith('#'));
    expect(rules[0]).toBe('*');
    const admitted = rules.slice(1).map((rule) => rule.replace(/^!/, ''));
    for (const path of admitted)
      if (!path.includes('*')) expect(existsSync(join(ROOT, path)), path).toBe(true);
    for (const secret of ['.env', 'lifeguard.yaml', '.lifeguard', '.git', 'node_modules'])
      expect(admitted).not.toContain(secret);
  });
});
