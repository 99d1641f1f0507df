import type { Cause } from './cause.ts';
import { kindOfSurge, RETRY_ERRORS, surge, surgeEvidence } from './surge.ts';
import { ramp } from './weight.ts';

/** Requests fail and are sent again, which makes more of them fail. */
export const retryStorm: Cause = {
  id: 'retry_storm',
  title: 'A retry storm: failed requests come back',
  weigh(facts) {
    if (kindOfSurge(facts) !== 'retries') return undefined;
    const errors = ramp(facts.traffic?.errorShare, RETRY_ERRORS / 2, 2 * RETRY_ERRORS);
    return {
      weight: 0.4 + 0.3 * surge(facts, 1.2, 1.8) + 0.25 * errors,
      evidence: surgeEvidence(facts),
      remedy: { action: 'restart' },
      advice:
        'Stop the retries (back off with jitter, open the circuit breaker), then let traffic in slowly.',
    };
  },
};
