import { afterAll, beforeAll, expect, it } from 'vitest';
import { FAULTS } from '../../src/lab/faults/index.ts';
import { type Patient, startPatient } from '../../src/lab/patient.ts';
import { runOnce } from '../../src/lab/run.ts';
import { isTop2 } from '../../src/lab/score.ts';

const SEED = 100_000;
/** Told apart in a few seconds; `LIFEGUARD_TEST_LAB=all` takes every state, as `npm run lab` does. */
const SHORT = ['healthy', 'leaked transactions', 'lock pile', 'blocked DDL', 'orphaned prepared transaction'];

let patients: readonly Patient[];

beforeAll(async () => {
  patients = await Promise.all([startPatient(), startPatient()]);
});
afterAll(() => Promise.all(patients.map((patient) => patient.stop())));

it('names the cause of each state on a real server, and nothing on a healthy one', {
  timeout: 90_000,
}, async () => {
  const wrong: string[] = [];
  const all = process.env['LIFEGUARD_TEST_LAB'] === 'all';
  const left = [...FAULTS.entries()].filter(([, fault]) => all || SHORT.includes(fault.name));
  expect(left.length).toBe(all ? FAULTS.length : SHORT.length);
  const lane = async (patient: Patient) => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      const [n, fault] = one;
      const outcome = await runOnce(patient, fault, SEED + n);
      const isRight = outcome.truth.length === 0 ? outcome.verdict.causes.length === 0 : isTop2(outcome);
      if (!isRight) wrong.push(`${fault.name}: ${JSON.stringify([outcome.verdict, outcome.facts])}`);
    }
  };
  await Promise.all(patients.map(lane));
  expect(wrong).toEqual([]);
});
