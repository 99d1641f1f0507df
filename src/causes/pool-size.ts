import type { Cause } from './cause.ts';
import { percent, time } from './figures.ts';
import { atWork, atWorkOnAverage, fullness, usable } from './signs.ts';
import { ramp, share } from './weight.ts';

/** From this ratio on the traffic explains the load, and not the pool's size. */
const MORE_TRAFFIC = 1.8;

/** All connections at honest work with the usual traffic: the pool is too small for it. */
export const poolSize: Cause = {
  id: 'pool_too_small',
  title: 'The pool is too small',
  weigh(facts, scale) {
    const { connections, traffic, pooler } = facts;
    if (connections === undefined) return undefined;
    const busy = share(Math.max(atWork(facts), atWorkOnAverage(facts)), usable(facts));
    const quick = connections.medianActiveMs < scale.minuteMs / 10;
    const sign = ramp(fullness(facts), 0.8, 0.92) * ramp(busy, 0.35, 0.6);
    const queued = (pooler?.clientsWaiting ?? 0) > 0 && pooler?.serversIdle === 0 ? 0.6 : 0;
    if (Math.max(sign, queued) === 0 || !quick) return undefined;
    const usual = traffic === undefined ? 0.85 : traffic.ratio < MORE_TRAFFIC ? 1 : 0.45;
    return {
      weight: (0.35 + 0.55 * Math.max(sign, queued)) * usual,
      evidence: [
        `${percent(fullness(facts))} full, ${percent(busy)} of the pool at work on short statements (half under ${time(connections.medianActiveMs)})`,
        ...(traffic === undefined ? [] : [`traffic is ${traffic.ratio.toFixed(1)} times the usual`]),
        ...(pooler === undefined ? [] : [`${pooler.clientsWaiting} clients wait in PgBouncer`]),
      ],
      remedy: { action: 'pool_size' },
      advice: 'Raise the pool size for now; then plan capacity or put a transaction pooler before it.',
    };
  },
};
