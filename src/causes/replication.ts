import type { Cause } from './cause.ts';
import { count, time } from './figures.ts';
import { usable } from './signs.ts';
import { ramp, share } from './weight.ts';

/** Commits wait for a synchronous replica, or replicas are far behind. */
export const replication: Cause = {
  id: 'replication_lag',
  title: 'Commits wait for a replica',
  weigh(facts, scale) {
    const found = facts.replication;
    if (found === undefined) return undefined;
    const crowd = share(found.waitingForSync, usable(facts));
    const waits = found.waitingForSync >= 2 ? 0.6 + 0.37 * ramp(crowd, 0.03, 0.3) : 0;
    const lag = 0.45 * ramp(found.worstLagMs, scale.minuteMs / 2, scale.minuteMs);
    if (Math.max(waits, lag) === 0) return undefined;
    return {
      weight: Math.max(waits, lag),
      evidence: [
        `${count(found.waitingForSync, 'session')} waiting for a synchronous replica, ${count(found.replicas, 'replica')} connected`,
        ...(found.worstLagMs === undefined
          ? []
          : [`the slowest replica is ${time(found.worstLagMs)} behind`]),
      ],
      advice: 'Bring the replica back, or take it out of synchronous_standby_names and reload.',
    };
  },
};
