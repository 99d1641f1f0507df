import type { Handler } from '../effects/handler.ts';
import type { StepFindings } from '../incident/events.ts';
import { faultOf } from '../pool/faults.ts';
import type { Lifeline } from '../pool/lifeline.ts';
import type { Store } from '../store/store.ts';
import { type CheckResult, checkConnections } from './connections.ts';

/** The check of each step that exists. */
const CHECKS: Readonly<Record<number, (lifeline: Lifeline) => Promise<CheckResult>>> = {
  2: checkConnections,
};

/**
 * The handler of `check.step`: runs the step's check over the pool's lifeline and reports what it
 * found. A check that fails is a finding too: it says why and what mends it, and nothing is retried
 * behind people's backs, for the button runs it again.
 */
export function createStepHandler(options: {
  readonly store: Pick<Store, 'incident'>;
  readonly lifelineOf: (pool: string) => Lifeline | undefined;
}): Handler<'check.step'> {
  return async (effect) => {
    const { step, run } = effect.payload;
    const incident = await options.store.incident(effect.incident);
    const lifeline = incident?.pool === undefined ? undefined : options.lifelineOf(incident.pool);
    const check = CHECKS[step];
    const began = performance.now();
    const report = (ok: boolean, result: CheckResult) => ({
      command: {
        type: 'RecordStep' as const,
        step,
        run,
        ok,
        ms: Math.round(performance.now() - began),
        ...result,
      },
    });
    if (lifeline === undefined || check === undefined) {
      return report(false, {
        findings: failure('The pool is no longer in lifeguard.yaml, so nothing can be checked.'),
      });
    }
    try {
      return report(true, await check(lifeline));
    } catch (error) {
      return report(false, { findings: explain(error) });
    }
  };
}

function explain(error: unknown): StepFindings {
  const fault = faultOf(error);
  return {
    headline: `The database did not answer this check: ${fault.message}`,
    lines: [],
    ...(fault.code === '42501' ? { mend: 'grant pg_monitor to <the role of database_url>;' } : {}),
  };
}

function failure(headline: string): StepFindings {
  return { headline, lines: [] };
}
