import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ROUND } from './faults/index.ts';
import { startPatient } from './patient.ts';
import { between, report } from './report.ts';
import { type Outcome, runOnce } from './run.ts';
import { firstOf, isTop1, isTop2 } from './score.ts';

const PAGE = 'docs/diagnosis.md';
/** Seeds of one session lie together, those of another seed apart. */
const SEED_STRIDE = 100_000;

const USAGE = `npm run lab -- [--runs 200] [--seed 1] [--lanes 2] [--state NAME] [--no-write] [--facts]

Puts real PostgreSQL servers into faulty states, has each diagnosed and tells how often that was right.
--state takes the states whose name contains NAME; --facts prints the facts of every wrong verdict.`;

/** Runs the fault lab and writes its table into docs/diagnosis.md. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      lanes: { type: 'string', default: '2' },
      state: { type: 'string' },
      'no-write': { type: 'boolean', default: false },
      facts: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [runs, seed, lanes] = [Number(values.runs), Number(values.seed), Number(values.lanes)];
  const faults = ROUND.filter(({ name }) => values.state === undefined || name.includes(values.state));
  const usable = [runs, seed, lanes].every(Number.isInteger) && runs > 0 && lanes > 0 && faults.length > 0;
  if (values.help || !usable) {
    console.log(USAGE);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const outcomes: Outcome[] = [];
  let next = 0;
  const lane = async () => {
    const patient = await startPatient();
    try {
      for (let run = next++; run < runs; run = next++) {
        const fault = faults[run % faults.length];
        if (fault === undefined) return;
        const outcome = await runOnce(patient, fault, seed * SEED_STRIDE + run);
        outcomes.push(outcome);
        console.log(line(outcome));
        if (values.facts && !isRight(outcome)) console.log(JSON.stringify(outcome.facts));
      }
    } finally {
      await patient.stop();
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, runs) }, lane));
  const text = report(outcomes, seed);
  console.log(`\n${text}`);
  if (!values['no-write'] && values.state === undefined) {
    await writeFile(PAGE, between(await readFile(PAGE, 'utf8'), text));
  }
}

function isRight(outcome: Outcome): boolean {
  return outcome.truth.length === 0
    ? firstOf(outcome) === 'none'
    : isTop1(outcome) && (outcome.truth.length === 1 || isTop2(outcome));
}

function line(outcome: Outcome): string {
  const named = outcome.verdict.causes.map(({ cause, probability }) => `${cause} ${probability}`).join(', ');
  const truth = outcome.truth.join(' + ') || 'healthy';
  return `${isRight(outcome) ? 'right' : 'WRONG'} ${outcome.seed} ${outcome.state} [${truth}]: ${named || 'none'}`;
}

await main();
