import { describe, test } from 'vitest';
import { needs } from '../../support/needs.ts';
import { faultKinds } from './kinds.ts';
import { planOf } from './plan.ts';
import { carryOut } from './run.ts';
import { type Backend, setStage } from './stage.ts';

/** How many runs there are in all, half of them on each backend; `npm run test:nightly` has 1,000. */
const RUNS = process.env['LIFEGUARD_TEST_FAULTS'];

/** In the short form a stage is set once, for a stage costs more than its runs: Redis has its turn in the long one. */
const SHORT: Readonly<Record<Backend, number>> = { store: 4, redis: 0 };

/** The same faults at the same moments as another time. */
const SEED = Number(process.env['LIFEGUARD_TEST_SEED'] ?? 7);

/** This run alone, by the number that a report gives. */
const ONLY = process.env['LIFEGUARD_TEST_RUN'];

/** Each run is told with its time and what was done to it. */
const TOLD = process.env['LIFEGUARD_TEST_FAULTS_TOLD'] !== undefined;

/** So many runs share a stage: what a thousand stories leave behind would only slow the next. */
const A_STAGE = 25;

/** A run is over in seconds; one that gets stuck is given up after a minute, and says why. */
const LONGEST_MS = 150_000;

/** A stage whose runs have failed so often is not worth going on with. */
const ENOUGH = 3;

/** Declares the runs with the queue in one place. */
export function declareRuns(backend: Backend, where: string): void {
  const redis = needs('redis-server', 'redis-server');
  const isShort = RUNS === undefined && ONLY === undefined;
  const count = RUNS === undefined ? SHORT[backend] : Math.ceil(Number(RUNS) / 2);
  const runs = ONLY === undefined ? [...Array(count).keys()] : [Number(ONLY)];
  const skip = runs.length === 0 || (backend === 'redis' && redis.skip);
  const reason = isShort && skip ? ' (in the long form alone: npm run test:faults)' : redis.reason;
  const stages = Array.from({ length: Math.max(1, Math.ceil(runs.length / A_STAGE)) }, (_one, index) =>
    runs.slice(index * A_STAGE, (index + 1) * A_STAGE),
  );
  describe.skipIf(skip)(`incidents under faults, with the queue ${where}${skip ? reason : ''}`, () => {
    for (const some of stages) {
      const title = `everything happens, and once: seed ${SEED}, runs ${some[0]} to ${some.at(-1)}`;
      test(title, { timeout: 60_000 + some.length * LONGEST_MS }, () => play(backend, some));
    }
  });
}

async function play(backend: Backend, runs: readonly number[]): Promise<void> {
  const stage = await setStage(backend);
  const { kinds, without } = faultKinds(stage);
  if (TOLD) for (const reason of without) console.log(`without: ${reason}`);
  const known = new Set<string>();
  const reports: string[] = [];
  for (const run of runs) {
    const { report, ms, struck } = await carryOut(stage, planOf(SEED, run, kinds), known);
    if (TOLD) console.log(`run ${run}: ${ms} ms; ${struck.join('; ')}`);
    if (report === undefined) continue;
    reports.push(report);
    if (reports.length >= ENOUGH) break;
  }
  if (reports.length === 0) return;
  const again = `again: LIFEGUARD_TEST_SEED=${SEED} LIFEGUARD_TEST_RUN=<run>`;
  // What a machine cannot do makes the same number another fault.
  throw new Error([...reports, ...without.map((reason) => `without: ${reason}`), again].join('\n\n'));
}
