import { policyFor } from '../config/lookup.ts';
import { parseConfig } from '../config/parse.ts';
import type { StandIn } from '../console/server.ts';
import { migrate } from '../store/migrate.ts';
import { cpuShare, residentMb } from './cpu.ts';
import type { Row } from './figures.ts';
import { inScene, NO_POOLS } from './scene.ts';
import { seedIncidents } from './seed.ts';

const STEPS = [10, 100, 1_000, 10_000];
const LEVEL = 2;

/** Long after the measurement: nothing falls due in it. */
const DUE_IN_MS = 60 * 60_000;

/** V8 tidies up for some seconds after a start: that is the start's cost, not that of being idle. */
const SETTLE_MS = 15_000;
const IDLE_MS = 20_000;

/** What open incidents cost while nothing happens: the store is filled, the bot started on it, and looked at. */
export async function benchGrowth(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const count of STEPS) rows.push(...(await measure(count)));
  return rows;
}

function measure(count: number): Promise<Row[]> {
  const fill = async (storeUrl: string, slack: StandIn): Promise<void> => {
    await migrate(storeUrl);
    const { config } = parseConfig(NO_POOLS, {});
    await seedIncidents({
      url: storeUrl,
      count,
      policy: policyFor(config),
      thread: { channel: slack.workspace.channel('incidents')?.id ?? '', ts: '1.000001' },
      next: () => ({ level: LEVEL, dueMs: Date.now() + DUE_IN_MS }),
    });
  };
  return inScene({ fill }, async ({ pid, bootMs }) => {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const idle = await cpuShare(pid, IDLE_MS);
    const name = `${count.toLocaleString('en')} open incidents`;
    return [
      { name: `${name}: resident memory`, unit: 'MB', samples: [await residentMb(pid)] },
      { name: '  idle CPU, of a core', unit: '%', samples: [idle], goal: '≤ 2' },
      { name: '  `serve` → ready', unit: 'ms', samples: [bootMs] },
    ];
  });
}
