import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROUTING_KEYS } from '../support/pagerduty/account.ts';
import { FAULT } from '../support/pagerduty/faults.ts';
import { startPagerDuty, type TestPagerDuty } from '../support/pagerduty/start.ts';

const PAGE = {
  action: 'trigger',
  routingKey: ROUTING_KEYS.L1,
  dedupKey: 'process',
  summary: 's',
  source: 'x',
  severity: 'critical',
};

let folder: string;
let pagerDuty: TestPagerDuty;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lifeguard-pager-'));
  await build({
    configFile: false,
    logLevel: 'silent',
    ssr: { noExternal: true },
    build: { ssr: resolve('src/pagerduty/events.ts'), outDir: join(folder, 'out'), minify: false },
  });
  await writeFile(
    join(folder, 'page.mjs'),
    `import { createEvents } from './out/events.js';
     const events = createEvents({ server: process.argv[2], timeoutMs: 2_000 });
     for (let i = 0; i < 3; i += 1) console.log((await events.send(${JSON.stringify(PAGE)})).kind);`,
  );
  pagerDuty = await startPagerDuty();
});
afterAll(async () => {
  await pagerDuty.stop();
  await rm(folder, { recursive: true, force: true });
});

it('a process that pages ends by itself, and trusts the authority of NODE_EXTRA_CA_CERTS', async () => {
  pagerDuty.faults.next(FAULT.hang(), FAULT.rateLimited('7'));
  const start = performance.now();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(folder, 'page.mjs'), pagerDuty.server],
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: pagerDuty.caPath }, timeout: 25_000 },
  );
  expect(stdout.trim().split('\n')).toEqual(['retry', 'retry', 'accepted']);
  // pdjs by itself would have held the process for 30 seconds, and its own wait after a 429 for 20.
  expect(performance.now() - start).toBeLessThan(10_000);
});
