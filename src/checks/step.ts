import type { Handler } from '../effects/handler.ts';
import type { StepFindings } from '../incident/events.ts';
import type { Store } from '../store/store.ts';
import type { Contexts } from './context.ts';
import { runStep } from './run-step.ts';

export interface StepHandlerOptions {
  readonly store: Pick<Store, 'incident'>;
  readonly contexts: Contexts;
}

/**
 * The handler of `check.step`: runs all checks of a step of the pool's runbook and reports what they found
 * and measured. A check that fails is a finding too: it says why and what mends it, and nothing is retried
 * behind people's backs, for the button runs it again.
 */
export function createStepHandler({ store, contexts }: StepHandlerOptions): Handler<'check.step'> {
  return async (effect) => {
    const { step, run } = effect.payload;
    const incident = await store.incident(effect.incident);
    const pool = incident?.pool;
    const began = performance.now();
    const head = () => ({
      type: 'RecordStep' as const,
      step,
      run,
      ms: Math.round(performance.now() - began),
    });
    const context =
      incident === undefined || pool === undefined
        ? undefined
        : contexts.of(pool, new Date(incident.openedAt));
    if (context === undefined || pool === undefined) {
      const findings = failure('The pool is no longer in lifeguard.yaml, so nothing can be checked.');
      return { command: { ...head(), ok: false, findings } };
    }
    const calls = contexts.checks(pool, step);
    if (calls === undefined) {
      return { command: { ...head(), ok: false, findings: failure(`The runbook has no step ${step}.`) } };
    }
    const result = await runStep(context, calls);
    return { command: { ...head(), ...result } };
  };
}

function failure(headline: string): StepFindings {
  return { headline, lines: [] };
}
