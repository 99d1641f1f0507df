import { writeFile } from 'node:fs/promises';
import { benchDiagnosis } from './diagnosis.ts';
import { json, printTable, type Row } from './figures.ts';
import { benchGrowth } from './growth.ts';
import { benchIntake } from './intake.ts';
import { benchKill } from './kill.ts';
import { interactions, memory, onRedis, thread } from './parts.ts';
import { type Bench, startBench } from './setup.ts';
import { benchSoak } from './soak.ts';
import { benchStorm } from './storm.ts';
import { benchTimers } from './timers.ts';

/** Where the figures of the last run are kept, in the working directory. */
const FIGURES = 'bench.json';

/** What is measured on one scene, one after the other. Without a name all of these are. */
const PARTS: Readonly<Record<string, (bench: Bench) => Promise<Row[]>>> = { thread, interactions, memory };

/** What is measured on a scene of its own, and only when it is named. */
const ALONE: Readonly<Record<string, () => Promise<Row[]>>> = {
  redis: onRedis,
  intake: benchIntake,
  growth: benchGrowth,
  diagnosis: benchDiagnosis,
  kill: benchKill,
  storm: benchStorm,
  timers: benchTimers,
  soak: benchSoak,
};

/** Stands for all that can be measured: an hour and a half. */
const ALL = 'all';

/** Runs parts of the benchmark; every figure is measured here and now. */
async function measure(names: readonly string[]): Promise<Row[]> {
  const rows: Row[] = [];
  const parts = names.filter((name) => Object.hasOwn(PARTS, name));
  if (parts.length > 0) {
    const bench = await startBench();
    try {
      for (const name of parts) rows.push(...((await PARTS[name]?.(bench)) ?? []));
    } finally {
      await bench.stop();
    }
  }
  for (const name of names) rows.push(...((await ALONE[name]?.()) ?? []));
  return rows;
}

const known = [...Object.keys(PARTS), ...Object.keys(ALONE)];
const asked = process.argv.slice(2);
const unknown = asked.find((name) => name !== ALL && !known.includes(name));
if (unknown !== undefined) {
  console.error(`no part is called ${unknown}; there are ${[...known, ALL].join(', ')}`);
  process.exitCode = 2;
} else {
  const names = asked.includes(ALL) ? known : asked.length === 0 ? Object.keys(PARTS) : asked;
  const rows = await measure(names);
  printTable(rows);
  await writeFile(FIGURES, json(rows, new Date()));
}
