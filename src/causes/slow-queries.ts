import type { Cause } from './cause.ts';
import { aimedAt, count, percent, time } from './figures.ts';
import { atWork, longAtWork, usable, waitingSessions } from './signs.ts';
import { ramp, share } from './weight.ts';

/** Many sessions at work on statements that take seconds each. */
export const slowQueries: Cause = {
  id: 'slow_queries',
  title: 'Slow queries hold the connections',
  weigh(facts, scale) {
    const { connections, statements } = facts;
    const busy = atWork(facts);
    const crowd = ramp(share(busy, usable(facts)), 0.1, 0.4);
    if (connections === undefined || busy < 3) return undefined;
    const waits = waitingSessions(facts);
    const [from, to] = [scale.minuteMs / 20, scale.minuteMs / 6];
    // Where many wait, the median age is theirs.
    const median = waits > busy ? 0 : ramp(connections.medianActiveMs, from, to);
    const worst = statements?.top.find((one) => one.share >= 0.3);
    const mean = waits > busy ? 0 : ramp(worst?.meanMs, from, to);
    const slower = ramp(worst?.slowdown, 2, 6) * ramp(worst?.share, 0.3, 0.6);
    const many = ramp(longAtWork(facts), 2, 5);
    const sign = Math.max(median, mean, 0.8 * slower, many);
    if (sign === 0 || crowd === 0) return undefined;
    const oldest = connections.oldestActive;
    return {
      weight: 0.25 + 0.65 * sign * (0.5 + 0.5 * crowd),
      evidence: [
        `${count(busy, 'session')} at work, half of the statements older than ${time(connections.medianActiveMs)}`,
        ...(worst === undefined
          ? []
          : [`${time(worst.meanMs)} a call and ${percent(worst.share)} of all time: ${worst.query}`]),
        ...(worst?.slowdown === undefined ? [] : [`${worst.slowdown.toFixed(1)} times slower than before`]),
      ],
      ...aimedAt(oldest, 'cancel'),
      advice: 'Cancel the longest, look at its plan and missing index, and set statement_timeout.',
    };
  },
};
