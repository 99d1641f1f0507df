import type { Cause } from './cause.ts';
import { kindOfSurge, surge, surgeEvidence } from './surge.ts';

/** More customers than usual, within reason. */
export const trafficSpike: Cause = {
  id: 'traffic_spike',
  title: 'More traffic than usual',
  weigh(facts) {
    if (kindOfSurge(facts) !== 'spike') return undefined;
    return {
      weight: 0.35 + 0.55 * surge(facts, 1.5, 2.2),
      evidence: surgeEvidence(facts),
      remedy: { action: 'pool_size' },
      advice: 'Raise the pool size if the database has room, and cache or shed what can wait.',
    };
  },
};
