import { CAUSES, diagnose } from '../causes/index.ts';
import type { PrometheusReader } from '../checks/check.ts';
import type { Contexts } from '../checks/context.ts';
import { runStep } from '../checks/run-step.ts';
import type { Diagnosis } from '../config/lookup.ts';
import type { Config } from '../config/types.ts';
import type { Facts } from '../incident/facts.ts';
import type { PlannedFollowUp } from '../incident/policy.ts';
import type { CauseId, Verdict } from '../incident/verdict.ts';
import { createPrometheus } from '../prometheus/client.ts';
import { withinReach } from '../remedies/within-reach.ts';
import { loadRunbook, type Runbook, shippedRunbook } from '../runbook/index.ts';
import type { CheckCall } from '../runbook/types.ts';
import type { Diagnosed } from '../slack/desk.ts';

/** How the pools are diagnosed: each with its runbook and, where it has one, its Prometheus. */
export interface Diagnoses {
  /**
   * What the policy of a pool needs; no steps for a pool that is not configured. Its verdict suggests no
   * remedy that the configuration has no way for.
   */
  of(pool: string | undefined): Diagnosis;
  /** What each step of the pool's runbook asks, by its number. */
  titles(pool: string | undefined): Readonly<Record<number, string>>;
  verdict(pool: string, facts: Facts): Verdict;
  checks(pool: string, step: number): readonly CheckCall[] | undefined;
  prometheus(pool: string): PrometheusReader | undefined;
}

/** Every cause that can be named, by id and title. */
export const NAMED_CAUSES: readonly { readonly id: CauseId; readonly title: string }[] = CAUSES;

/**
 * Reads the runbook of each pool; one without a runbook of its own has the shipped one.
 *
 * @throws RunbookError or RunbookUnreadable: with a faulty runbook nothing should start
 */
export function openDiagnoses(config: Config): Diagnoses {
  let shipped: Runbook | undefined;
  const runbooks = new Map<string, Runbook>();
  const clients = new Map<string, PrometheusReader>();
  for (const pool of config.pools) {
    if (pool.runbook === undefined) shipped ??= shippedRunbook();
    const runbook = pool.runbook === undefined ? shipped : loadRunbook(pool.runbook);
    if (runbook !== undefined) runbooks.set(pool.name, runbook);
    if (pool.prometheus !== undefined) clients.set(pool.name, createPrometheus(pool.prometheus));
  }
  const verdictFor = (pool: string | undefined, facts: Facts): Verdict =>
    withinReach(
      diagnose(facts),
      config.pools.find(({ name }) => name === pool),
    );
  const stepsOf = (pool: string | undefined) => (pool === undefined ? [] : (runbooks.get(pool)?.steps ?? []));
  return {
    of: (pool) => ({
      steps: stepsOf(pool).map((step) => step.number),
      diagnose: (facts) => verdictFor(pool, facts),
      followUps: followUpsIn(pool === undefined ? undefined : runbooks.get(pool)),
      ...relatedIn(pool === undefined ? undefined : runbooks.get(pool)),
    }),
    titles: (pool) => Object.fromEntries(stepsOf(pool).map((step) => [step.number, step.title])),
    verdict: verdictFor,
    checks: (pool, number) => stepsOf(pool).find((step) => step.number === number)?.checks,
    prometheus: (pool) => clients.get(pool),
  };
}

/** The alerts that a runbook names as related; one that names none leaves the usual ones. */
function relatedIn(runbook: Runbook | undefined): Pick<Diagnosis, 'relatedAlerts'> {
  const names = runbook?.relatedAlerts.map(({ name }) => name) ?? [];
  return names.length === 0 ? {} : { relatedAlerts: names };
}

/** What a runbook wants done afterwards, what is most urgent first. */
function followUpsIn(runbook: Runbook | undefined): PlannedFollowUp[] {
  if (runbook === undefined) return [];
  const { resolutions, prevention } = runbook;
  return [
    ...resolutions.shortTerm.map(({ title }): PlannedFollowUp => ({ title, horizon: 'short_term' })),
    ...resolutions.longTerm.map(({ title }): PlannedFollowUp => ({ title, horizon: 'long_term' })),
    ...prevention.map(({ title }): PlannedFollowUp => ({ title, horizon: 'prevention' })),
  ];
}

/**
 * Runs all steps of the pool's runbook at once, for nobody's incident.
 *
 * @throws Error when the pool is not configured
 */
export async function diagnoseNow(
  diagnoses: Diagnoses,
  contexts: Contexts,
  pool: string,
  now: Date,
): Promise<Diagnosed> {
  const began = performance.now();
  const context = contexts.of(pool, now);
  if (context === undefined) throw new Error(`the pool ${pool} is not configured`);
  const titles = diagnoses.titles(pool);
  const ran = await Promise.all(
    diagnoses.of(pool).steps.map(async (number) => {
      const { findings, facts } = await runStep(context, contexts.checks(pool, number) ?? []);
      return { number, title: titles[number] ?? '', findings, facts };
    }),
  );
  const facts: Facts = Object.assign({}, ...ran.map((one) => one.facts));
  return { steps: ran, verdict: diagnoses.verdict(pool, facts), ms: Math.round(performance.now() - began) };
}
