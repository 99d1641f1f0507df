import { cpus } from 'node:os';
import { measureAlertToThread, measureBaseline } from './alert-to-thread.ts';
import { benchDiagnosis } from './diagnosis.ts';
import { percentile, type Row, table } from './figures.ts';
import { measureApproveToGone, measureInteractions } from './interactions.ts';
import { measureMemory } from './memory.ts';
import { startBench } from './setup.ts';

/** Runs the benchmark and prints one table; every figure is measured here and now. */
async function main(): Promise<void> {
  const bench = await startBench();
  const rows: Row[] = [];
  try {
    const baseline = await measureBaseline(bench);
    const thread = await measureAlertToThread(bench);
    const ratio = percentile(thread, 50) / percentile(baseline, 50);
    rows.push(
      { name: 'one fsynced INSERT + one Slack call', unit: 'ms', samples: baseline },
      { name: 'webhook sent → thread posted', unit: 'ms', samples: thread, goal: 'p50 ≤ 10' },
      { name: '  ratio of the medians', unit: '×', samples: [ratio], goal: '≤ 3' },
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
    );
    rows.push({
      name: 'resident memory, 1,000 open incidents',
      unit: 'MB',
      samples: [await measureMemory(bench)],
      goal: '≤ 160',
    });
  } finally {
    await bench.stop();
  }
  console.log(`${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`);
  console.log(table(rows));
}

await (process.argv[2] === 'diagnosis' ? benchDiagnosis() : main());
