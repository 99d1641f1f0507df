import { confidenceOf, probabilityOf } from './calibration.ts';
import type { Cause, Scale } from './cause.ts';
import { chatty } from './chatty.ts';
import { ddl } from './ddl.ts';
import type { Facts } from './facts.ts';
import { flood } from './flood.ts';
import { leak } from './leak.ts';
import { lockContention } from './lock-contention.ts';
import { longTransaction } from './long-transaction.ts';
import { poolSize } from './pool-size.ts';
import { prepared } from './prepared.ts';
import { replication } from './replication.ts';
import { retryStorm } from './retry-storm.ts';
import { slowQueries } from './slow-queries.ts';
import { timeouts } from './timeouts.ts';
import { trafficSpike } from './traffic-spike.ts';
import { vacuum } from './vacuum.ts';
import type { Verdict } from './verdict.ts';

export type { Cause, Scale, Weighed } from './cause.ts';
export type { CauseId, RankedCause, SuggestedRemedy, SuggestedTarget, Verdict } from './verdict.ts';

/** Every cause that is looked for. Of two that weigh the same, the earlier one is named first. */
export const CAUSES: readonly Cause[] = [
  prepared,
  vacuum,
  ddl,
  replication,
  lockContention,
  leak,
  retryStorm,
  flood,
  trafficSpike,
  slowQueries,
  chatty,
  longTransaction,
  timeouts,
  poolSize,
];

const USUAL: Scale = { minuteMs: 60_000 };

/** What was right less often than this in the lab is no news: a moment's queue at a lock on a healthy server, say. */
const LEAST_PROBABILITY = 0.1;

/**
 * Ranks the root causes that the facts speak for, the likeliest first; none when nothing stands out.
 * Pure: the same facts give the same verdict. Never throws; facts that are absent speak for nothing.
 */
export function diagnose(facts: Facts, scale: Scale = USUAL): Verdict {
  const found = CAUSES.flatMap((cause) => {
    const weighed = cause.weigh(facts, scale);
    return weighed === undefined || !(probabilityOf(weighed.weight) >= LEAST_PROBABILITY)
      ? []
      : [{ cause, weighed }];
  }).sort((one, other) => other.weighed.weight - one.weighed.weight);
  return {
    causes: found.map(({ cause, weighed: { weight, evidence, remedy, advice } }) => {
      const probability = probabilityOf(weight);
      return {
        cause: cause.id,
        title: cause.title,
        confidence: confidenceOf(probability),
        probability,
        evidence,
        ...(remedy === undefined ? {} : { remedy }),
        advice,
      };
    }),
  };
}
