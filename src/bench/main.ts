import { cpus } from 'node:os';
import { measureAlertToThread, measureBaseline } from './alert-to-thread.ts';
import { benchDiagnosis } from './diagnosis.ts';
import { percentile, type Row, table } from './figures.ts';
import { measureApproveToGone, measureInteractions } from './interactions.ts';
import { measureMemory } from './memory.ts';
import { type Bench, startBench } from './setup.ts';

/** What can be measured, each by its name: `npm run bench -- thread`. Without one all but the diagnosis is. */
const PARTS: Readonly<Record<string, (bench: Bench) => Promise<Row[]>>> = {
  async thread(bench) {
    const baseline = await measureBaseline(bench);
    const thread = await measureAlertToThread(bench);
    const ratio = percentile(thread, 50) / percentile(baseline, 50);
    return [
      { name: 'one fsynced INSERT + one Slack call', unit: 'ms', samples: baseline },
      { name: 'webhook sent → thread posted', unit: 'ms', samples: thread, goal: 'p50 ≤ 10' },
      { name: '  ratio of the medians', unit: '×', samples: [ratio], goal: '≤ 3' },
    ];
  },
  async interactions(bench) {
    return [
      {
        name: 'Slack interaction acknowledged',
        unit: 'ms',
        samples: await measureInteractions(bench),
        goal: 'p99 ≤ 50',
      },
      {
        name: 'Approve pressed → backend gone',
        unit: 'ms',
        samples: await measureApproveToGone(bench),
        goal: '≤ 250',
      },
    ];
  },
  async memory(bench) {
    return [
      {
        name: 'resident memory, 1,000 open incidents',
        unit: 'MB',
        samples: [await measureMemory(bench)],
        goal: '≤ 160',
      },
    ];
  },
};

/** Runs parts of the benchmark and prints one table; every figure is measured here and now. */
async function main(names: readonly string[]): Promise<void> {
  const bench = await startBench();
  const rows: Row[] = [];
  try {
    for (const name of names) rows.push(...((await PARTS[name]?.(bench)) ?? []));
  } finally {
    await bench.stop();
  }
  console.log(`${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`);
  console.log(table(rows));
}

const names = process.argv.slice(2);
const unknown = names.find((name) => PARTS[name] === undefined && name !== 'diagnosis');
if (unknown !== undefined) {
  console.error(`no part is called ${unknown}; there are ${Object.keys(PARTS).join(', ')} and diagnosis`);
  process.exitCode = 2;
} else if (names.includes('diagnosis')) await benchDiagnosis();
else await main(names.length === 0 ? Object.keys(PARTS) : names);
