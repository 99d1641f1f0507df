import type { PoolConfig } from '../config/types.ts';
import type { Handler } from '../effects/handler.ts';
import type { StepFindings } from '../incident/events.ts';
import { readLogTail } from '../logs/read.ts';
import type { Lifeline } from '../pool/lifeline.ts';
import type { Point } from '../pool/series.ts';
import type { StatementCounters } from '../pool/statements.ts';
import type { CheckCall } from '../runbook/types.ts';
import type { Store } from '../store/store.ts';
import { type CheckContext, CheckFailure, type PrometheusReader } from './check.ts';
import { runStep } from './run-step.ts';
import { Snapshots } from './snapshots.ts';
import { usualChecks } from './usual-steps.ts';

/** Where the parts of a check's context come from. What is left out, the pool does not have. */
export interface StepHandlerOptions {
  readonly store: Pick<Store, 'incident'>;
  readonly lifelineOf: (pool: string) => Lifeline | undefined;
  readonly configOf?: (pool: string) => PoolConfig | undefined;
  /** The checks that the pool's runbook names for a step; undefined: it has no such step. */
  readonly checksOf?: (pool: string, step: number) => readonly CheckCall[] | undefined;
  readonly prometheusOf?: (pool: string) => PrometheusReader | undefined;
  readonly samplesOf?: (pool: string) => Promise<readonly Point[]>;
  readonly baselineOf?: (pool: string, openedAt: Date) => StatementCounters | undefined;
  readonly now?: () => Date;
}

/**
 * The handler of `check.step`: runs all checks of a step of the pool's runbook and reports what they found
 * and measured. A check that fails is a finding too: it says why and what mends it, and nothing is retried
 * behind people's backs, for the button runs it again.
 */
export function createStepHandler(options: StepHandlerOptions): Handler<'check.step'> {
  const snapshots = new WeakMap<Lifeline, Snapshots>();
  return async (effect) => {
    const { step, run } = effect.payload;
    const incident = await options.store.incident(effect.incident);
    const pool = incident?.pool;
    const lifeline = pool === undefined ? undefined : options.lifelineOf(pool);
    const began = performance.now();
    const head = () => ({
      type: 'RecordStep' as const,
      step,
      run,
      ms: Math.round(performance.now() - began),
    });
    if (incident === undefined || pool === undefined || lifeline === undefined) {
      const findings = failure('The pool is no longer in lifeguard.yaml, so nothing can be checked.');
      return { command: { ...head(), ok: false, findings } };
    }
    const calls = options.checksOf?.(pool, step) ?? usualChecks(step);
    if (calls === undefined) {
      return { command: { ...head(), ok: false, findings: failure(`The runbook has no step ${step}.`) } };
    }
    const shared = snapshots.get(lifeline) ?? new Snapshots(lifeline);
    snapshots.set(lifeline, shared);
    const openedAt = new Date(incident.openedAt);
    const config = options.configOf?.(pool) ?? unknownConfig(pool);
    const prometheus = options.prometheusOf?.(pool);
    const baseline = options.baselineOf?.(pool, openedAt);
    const context: CheckContext = {
      lifeline,
      config,
      snapshots: shared,
      samples: async () => (await options.samplesOf?.(pool)) ?? [],
      openedAt,
      now: options.now?.() ?? new Date(),
      readLog: async (lines, timeoutMs) => {
        if (config.logs === undefined)
          throw new CheckFailure(
            'the application’s log is not configured',
            'set logs of the pool in lifeguard.yaml',
          );
        return readLogTail({ ...config.logs, lines }, timeoutMs);
      },
      ...(prometheus === undefined ? {} : { prometheus }),
      ...(baseline === undefined ? {} : { baseline }),
    };
    const result = await runStep(context, calls);
    return { command: { ...head(), ...result } };
  };
}

/** What is assumed of a pool whose configuration is not given. */
function unknownConfig(name: string): PoolConfig {
  return {
    name,
    match: {},
    databaseUrl: '',
    threshold: 90,
    verify: { withinMs: 60_000, healthyBelow: 80 },
    links: {},
    recycleMs: 3_600_000,
  };
}

function failure(headline: string): StepFindings {
  return { headline, lines: [] };
}
