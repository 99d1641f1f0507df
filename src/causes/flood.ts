import type { Cause } from './cause.ts';
import { kindOfSurge, surge, surgeEvidence } from './surge.ts';

/** Far more requests than customers make: an attack or a bot. */
export const flood: Cause = {
  id: 'flood',
  title: 'A flood of requests (attack or bot)',
  weigh(facts) {
    if (kindOfSurge(facts) !== 'flood') return undefined;
    return {
      weight: 0.45 + 0.5 * surge(facts, 4, 10),
      evidence: surgeEvidence(facts),
      advice: 'Limit the rate at the edge by client address; more connections would only feed it.',
    };
  },
};
