import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { policyFor } from '../config/lookup.ts';
import { parseConfig } from '../config/parse.ts';
import { startSlackStandIn } from '../console/server.ts';
import { removeEmbedded, startEmbedded } from '../store/embedded.ts';
import { migrate } from '../store/migrate.ts';
import { cpuShare, residentMb } from './cpu.ts';
import type { Row } from './figures.ts';
import { seedIncidents } from './seed.ts';
import { BENCH_TOKEN, freePort, readyWithin, spawnServe } from './setup.ts';

const STEPS = [10, 100, 1_000, 10_000];
const LEVEL = 2;

/** Long after the measurement: nothing falls due in it. */
const DUE_IN_MS = 60 * 60_000;

/** V8 tidies up for some seconds after a start: that is the start's cost, not that of being idle. */
const SETTLE_MS = 15_000;
const IDLE_MS = 20_000;
const READY_WITHIN_MS = 20_000;

const YAML = `
slack: { channel: "#incidents" }
access: { approvers: [U0BOB] }
pools: []
`;

/** What open incidents cost while nothing happens: the store is filled, the bot started on it, and looked at. */
export async function benchGrowth(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const count of STEPS) rows.push(...(await measure(count)));
  return rows;
}

async function measure(count: number): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-bench-'));
  const store = await startEmbedded({ dataDir: join(folder, 'store') });
  const slack = await startSlackStandIn({ channels: ['incidents'] });
  try {
    await migrate(store.url);
    const { config } = parseConfig(YAML, {});
    const channel = slack.workspace.channel('incidents')?.id ?? '';
    await seedIncidents({
      url: store.url,
      count,
      policy: policyFor(config),
      thread: { channel, ts: '1.000001' },
      next: () => ({ level: LEVEL, dueMs: Date.now() + DUE_IN_MS }),
    });
    const port = await freePort();
    await writeFile(join(folder, 'lifeguard.yaml'), YAML);
    const began = performance.now();
    const child = spawnServe(folder, slack, {
      PORT: String(port),
      DATABASE_URL: store.url,
      ALERTMANAGER_WEBHOOK_TOKEN: BENCH_TOKEN,
    });
    try {
      await readyWithin(`http://127.0.0.1:${port}/readyz`, READY_WITHIN_MS);
      const bootMs = performance.now() - began;
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const idle = await cpuShare(child.pid ?? 0, IDLE_MS);
      const name = `${count.toLocaleString('en')} open incidents`;
      return [
        { name: `${name}: resident memory`, unit: 'MB', samples: [await residentMb(child.pid ?? 0)] },
        { name: '  idle CPU, of a core', unit: '%', samples: [idle], goal: '≤ 2' },
        { name: '  `serve` → ready', unit: 'ms', samples: [bootMs] },
      ];
    } finally {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
  } finally {
    await slack.stop();
    await store.stop();
    await removeEmbedded(join(folder, 'store'));
    await rm(folder, { recursive: true, force: true });
  }
}
