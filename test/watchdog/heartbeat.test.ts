import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMetrics } from '../../src/observe/metrics.ts';
import { Heartbeat } from '../../src/watchdog/heartbeat.ts';
import { recordingLog } from '../intake/web.ts';

const beats: string[] = [];
let status = 200;
const server = createServer((request, response) => {
  beats.push(request.method ?? '');
  response.writeHead(status).end();
});
beforeAll(async () => new Promise<void>((done) => server.listen(0, '127.0.0.1', done)));
afterAll(() => server.close());

test('a heartbeat goes out while all is well, and only then; its address is in no log', async () => {
  const { log, lines } = recordingLog();
  const metrics = createMetrics();
  const waits: number[] = [];
  let isReady = true;
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ping/secret-token`;
  const heart = (method: 'get' | 'post') =>
    new Heartbeat({
      url: address,
      everyMs: 30_000,
      method,
      isReady: async () => isReady,
      timers: {
        now: () => new Date(),
        after: (ms) => {
          waits.push(ms);
          return () => undefined;
        },
      },
      log,
      metrics,
    });
  const first = heart('get');
  first.start();
  await first.stop();
  await heart('post').beat();
  expect(beats).toEqual(['GET', 'POST']);
  isReady = false;
  await heart('get').beat();
  expect(beats).toHaveLength(2);
  isReady = true;
  status = 503;
  await heart('get').beat();
  const page = await metrics.render();
  for (const [outcome, count] of Object.entries({ sent: 2, skipped: 1, failed: 1 })) {
    expect(page).toContain(`lifeguard_heartbeats_total{outcome="${outcome}"} ${count}`);
  }
  expect(lines.join()).toContain('"why":503');
  expect(lines.join()).not.toContain('secret-token');
});

test('it goes on beating every so often', async () => {
  const waits: number[] = [];
  status = 200;
  let next = (): void => undefined;
  const heart = new Heartbeat({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    everyMs: 30_000,
    method: 'get',
    isReady: async () => true,
    timers: {
      now: () => new Date(),
      after: (ms, work) => {
        waits.push(ms);
        next = work;
        return () => undefined;
      },
    },
    log: recordingLog().log,
    metrics: createMetrics(),
  });
  const before = beats.length;
  heart.start();
  await expect.poll(() => waits).toEqual([30_000]);
  next();
  await expect.poll(() => waits).toEqual([30_000, 30_000]);
  await heart.stop();
  expect(beats.length - before).toBe(2);
});
