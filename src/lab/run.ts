import { type CauseId, diagnose, type Verdict } from '../causes/index.ts';
import type { Facts } from '../incident/facts.ts';
import type { Fault } from './fault.ts';
import { ALONE } from './fault.ts';
import type { Patient } from './patient.ts';
import { seeded } from './random.ts';
import { BASELINE, ERRORS, RATE } from './rates.ts';
import { countersNow, readFacts } from './read.ts';
import { Ward } from './ward.ts';

/** A minute of the lab: what would take one in the field takes this, in milliseconds. */
export const LAB_MINUTE_MS = 1_500;

const MS_A_MINUTE = 60_000;
const WARM_UP_MS = 300;

/** One run and how it ended. */
export interface Outcome {
  readonly state: string;
  readonly seed: number;
  readonly truth: readonly CauseId[];
  readonly verdict: Verdict;
  readonly facts: Facts;
  /** Milliseconds from the first check to the verdict. */
  readonly tookMs: number;
}

/** Puts the patient into the fault's state, has it diagnosed, and puts it right again. */
export async function runOnce(patient: Patient, fault: Fault, seed: number): Promise<Outcome> {
  const ward = new Ward(patient, seeded(seed), LAB_MINUTE_MS);
  try {
    // What earlier runs did is not what was before this incident.
    await patient.admin.query('select pg_stat_statements_reset()');
    ward.keepBusy(await ward.connectMany(ward.random.whole(2, 5)), (client) => ward.work(client), 60);
    await ward.pause(WARM_UP_MS);
    const baseline = await countersNow(patient);
    ward.requests = 0;
    const began = performance.now();
    const { truth, ripeAfter } = await fault.inject(ward, ALONE);
    await ward.pause(ripeAfter * LAB_MINUTE_MS);
    const perMinute = (ward.requests / (performance.now() - began)) * MS_A_MINUTE;
    patient.rates.set({ [RATE]: perMinute, [BASELINE]: perMinute / ward.ratio, [ERRORS]: ward.errorShare });
    const asked = performance.now();
    const facts = await readFacts(patient, LAB_MINUTE_MS, baseline);
    const verdict = diagnose(facts, { minuteMs: LAB_MINUTE_MS });
    return { state: fault.name, seed, truth, verdict, facts, tookMs: performance.now() - asked };
  } finally {
    await ward.clear();
  }
}
