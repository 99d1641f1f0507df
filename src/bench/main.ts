import { measureAlertToThread, measureBackToBack } from './alert-to-thread.ts';
import { benchDiagnosis } from './diagnosis.ts';
import { percentile, printTable, type Row } from './figures.ts';
import { measureApproveToGone, measureInteractions } from './interactions.ts';
import { benchKill } from './kill.ts';
import { measureMemory } from './memory.ts';
import { type Bench, startBench } from './setup.ts';
import { benchStorm } from './storm.ts';
import { benchTimers } from './timers.ts';

/** What can be measured, each by its name: `npm run bench -- thread`. Without one all of these are. */
const PARTS: Readonly<Record<string, (bench: Bench) => Promise<Row[]>>> = {
  async thread(bench) {
    const backToBack = await measureBackToBack(bench);
    const { baseline, thread } = await measureAlertToThread(bench);
    const ratio = percentile(thread, 50) / percentile(baseline, 50);
    return [
      { name: 'one fsynced INSERT + one Slack call, after a pause', unit: 'ms', samples: baseline },
      { name: 'webhook sent → thread posted, after a pause', unit: 'ms', samples: thread, goal: 'p50 ≤ 10' },
      { name: '  ratio of the medians', unit: '×', samples: [ratio], goal: '≤ 3' },
      { name: 'INSERT + Slack call in a tight loop', unit: 'ms', samples: backToBack },
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

/** What is measured on a server of its own, and only when it is named. */
const ALONE: Readonly<Record<string, () => Promise<void>>> = {
  diagnosis: benchDiagnosis,
  kill: benchKill,
  storm: benchStorm,
  timers: benchTimers,
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
  printTable(rows);
}

const names = process.argv.slice(2);
const unknown = names.find((name) => !Object.hasOwn(PARTS, name) && !Object.hasOwn(ALONE, name));
if (unknown !== undefined) {
  const known = [...Object.keys(PARTS), ...Object.keys(ALONE)].join(', ');
  console.error(`no part is called ${unknown}; there are ${known}`);
  process.exitCode = 2;
} else {
  for (const name of names) await ALONE[name]?.();
  const parts = names.filter((name) => Object.hasOwn(PARTS, name));
  if (parts.length > 0 || names.length === 0) await main(names.length === 0 ? Object.keys(PARTS) : parts);
}
