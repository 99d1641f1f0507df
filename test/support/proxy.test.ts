import { createServer, request } from 'node:http';
import { createServer as createTlsServer, request as tlsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Certificate, localCertificate } from '../../src/console/pager/certificate.ts';
import { startProxy, type TcpProxy } from './proxy.ts';

const WORDS = 'done '.repeat(40);
/** Nothing is waited for longer than this; only a fault reaches it. */
const withinMs = 5_000;

let certificate: Certificate;
beforeAll(async () => {
  certificate = await localCertificate();
});

describe.each(['http', 'https'] as const)('a proxy before %s', (scheme) => {
  test('lets through what comes, and counts connections', async () => {
    const { proxy, ask } = await house(scheme);
    expect(await ask()).toBe(WORDS);
    expect(await ask()).toBe(WORDS);
    expect(proxy.accepted()).toBe(2);
  });

  test('loses the answer to a request whose work is done', async () => {
    const { proxy, ask, works } = await house(scheme);
    const harm = proxy.harm({ kind: 'lose_answer', withinMs });
    await expect(ask()).rejects.toThrow(/ECONNRESET|hang up/);
    expect(await harm).toBe(true);
    expect(works()).toBe(1);
    expect(await ask()).toBe(WORDS);
  });

  test('ends an answer in its midst', async () => {
    const { proxy, ask, works } = await house(scheme);
    const harm = proxy.harm({ kind: 'truncate', bytes: 60, withinMs });
    await expect(ask()).rejects.toThrow(/aborted|socket hang up|ECONNRESET/);
    expect(await harm).toBe(true);
    expect(works()).toBe(1);
  });

  test('cuts', async () => {
    const { proxy, ask } = await house(scheme, { answersAfterMs: 1_000 });
    const asked = ask();
    asked.catch(() => undefined);
    await until(() => proxy.accepted() === 1);
    await proxy.harm({ kind: 'cut' });
    await expect(asked).rejects.toThrow(/hang up|ECONNRESET|disconnected/);
  });
});

test('a request that is not the one is answered', async () => {
  const { proxy, ask } = await house('http');
  const harm = proxy.harm({ kind: 'lose_answer', of: '/pay', withinMs });
  expect(await ask('/look')).toBe(WORDS);
  await expect(ask('/pay')).rejects.toThrow(/ECONNRESET|hang up/);
  expect(await harm).toBe(true);
});

test('where no request comes in time none goes unanswered', async () => {
  const { proxy, ask } = await house('http');
  expect(await proxy.harm({ kind: 'lose_answer', withinMs: 1 })).toBe(false);
  expect(await ask()).toBe(WORDS);
});

test('of two that are aimed at one request the later hits, and both come to an end', async () => {
  const { proxy, ask } = await house('http');
  const harms = [1, 2].map(() => proxy.harm({ kind: 'lose_answer', withinMs }));
  await expect(ask()).rejects.toThrow(/ECONNRESET|hang up/);
  expect(await Promise.all(harms)).toEqual([false, true]);
});

test('takes no connection while it refuses', async () => {
  const { proxy, ask } = await house('http');
  const harm = proxy.harm({ kind: 'refuse', ms: 50 });
  await until(() => ask().catch((error: Error) => /ECONNREFUSED/.test(error.message)));
  await harm;
  expect(await ask()).toBe(WORDS);
});

test.each([
  ['holds everything back', { kind: 'hold', ms: 120 }],
  ['delays what is answered', { kind: 'delay', ms: 200, byMs: 120 }],
  ['lets through no more than so much', { kind: 'throttle', ms: 200, bytesPerSecond: 2_500 }],
] as const)('%s, and gives it then', async (_what, how) => {
  const { proxy, ask, works } = await house('http');
  const harm = proxy.harm(how);
  const began = performance.now();
  expect(await ask()).toBe(WORDS);
  expect(performance.now() - began).toBeGreaterThan(100);
  expect(works()).toBe(1);
  await harm;
});

interface House {
  readonly proxy: TcpProxy;
  /** Asks through the proxy on a connection of its own. @throws when it is not answered in full */
  ask(path?: string): Promise<string>;
  /** How many requests the server has carried out. */
  works(): number;
}

async function house(
  scheme: 'http' | 'https',
  { answersAfterMs = 0 }: { answersAfterMs?: number } = {},
): Promise<House> {
  let works = 0;
  const answer = (_req: unknown, res: { end(text: string): void }): void => {
    works += 1;
    setTimeout(() => res.end(WORDS), answersAfterMs);
  };
  const server = scheme === 'http' ? createServer(answer) : createTlsServer(certificate, answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const proxy = await startProxy((server.address() as AddressInfo).port, { tls: scheme === 'https' });
  onTestFinished(async () => {
    await proxy.close();
    server.closeAllConnections();
    server.close();
  });
  return {
    proxy,
    works: () => works,
    ask: (path = '/') =>
      new Promise((done, fail) => {
        const options = { host: '127.0.0.1', port: proxy.port, path, agent: false } as const;
        const sent =
          scheme === 'http'
            ? request(options)
            : tlsRequest({ ...options, ca: certificate.cert, servername: 'localhost' });
        sent.on('error', fail).on('response', (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => {
            text += part;
          });
          response.on('error', fail).on('end', () => done(text));
        });
        sent.end();
      }),
  };
}

async function until(look: () => unknown): Promise<void> {
  while ((await look()) !== true) await new Promise((done) => setTimeout(done, 2));
}
