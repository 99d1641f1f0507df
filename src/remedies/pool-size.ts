import type { PoolConfig } from '../config/types.ts';
import type { PoolSizeTarget } from '../incident/remedy.ts';
import { poolSizeByKubernetes } from './pool-size-kubernetes.ts';
import { poolSizeByPgBouncer } from './pool-size-pgbouncer.ts';
import { poolSizeByWebhook } from './pool-size-webhook.ts';
import { poolReading } from './reading.ts';
import type { Remedy, RemedyResult } from './remedy.ts';

/** Raises the size of the pool for a while. */
export interface PoolSizeWish {
  readonly action: 'pool_size';
  /** Of a change that was approved: the second look is for the same one. */
  readonly approved?: PoolSizeTarget;
}

/** What raising it needs to know of the pool. */
export type SizedPool = Pick<PoolConfig, 'name' | 'application' | 'poolSize'>;

/** A target of one way. */
type TargetOf<W extends PoolSizeTarget['way']> = Extract<PoolSizeTarget, { way: W }>;

/** The remedy for one way; `approved` is what was shown before, of the same way. */
export type PoolSizeBy<W extends PoolSizeTarget['way']> = Omit<
  Remedy<TargetOf<W> | undefined, TargetOf<W>>,
  'wishOf'
> & {
  readonly undo: NonNullable<Remedy<unknown, TargetOf<W>>['undo']>;
};

const NO_WAY =
  'How this pool is made larger is not known: set `pool_size` of the pool in lifeguard.yaml; nothing was done.';

/**
 * The remedy `pool_size`, by the way that the pool's configuration names.
 *
 * @param pool `undefined` when it is not configured (any more): then it is refused
 */
export function poolSizeOf(pool: SizedPool | undefined): Remedy<PoolSizeWish, PoolSizeTarget> {
  const poolSize = pool?.poolSize;
  if (pool === undefined || poolSize === undefined) return NOWHERE;
  if ('pgbouncer' in poolSize) return only('pgbouncer', poolSizeByPgBouncer(poolSize));
  if ('kubernetes' in poolSize) return only('kubernetes', poolSizeByKubernetes(poolSize));
  return only('webhook', poolSizeByWebhook(pool, poolSize));
}

/** By this one way: what was approved for another is not carried out, and cannot be undone. */
function only<W extends PoolSizeTarget['way']>(
  way: W,
  by: PoolSizeBy<W>,
): Remedy<PoolSizeWish, PoolSizeTarget> {
  const isOfWay = (target: PoolSizeTarget): target is TargetOf<W> => target.way === way;
  return {
    async preview(lifeline, { approved }, now) {
      if (approved === undefined) return by.preview(lifeline, undefined, now);
      return isOfWay(approved)
        ? by.preview(lifeline, approved, now)
        : { refused: otherWay(approved).detail, protected: false };
    },
    wishOf: (approved) => ({ action: 'pool_size', approved }),
    holds: (approved, found) => isOfWay(approved) && isOfWay(found) && by.holds(approved, found),
    execute: async (lifeline, target, again) =>
      isOfWay(target) ? by.execute(lifeline, target, again) : otherWay(target),
    undo: async (lifeline, target, again) =>
      isOfWay(target) ? by.undo(lifeline, target, again) : otherWay(target),
    isUnseen: by.isUnseen ?? false,
    verify: by.verify,
  };
}

const NOWHERE: Remedy<PoolSizeWish, PoolSizeTarget> = {
  preview: async () => ({ refused: NO_WAY, protected: false }),
  wishOf: (approved) => ({ action: 'pool_size', approved }),
  holds: () => false,
  execute: async (_lifeline, target) => otherWay(target),
  undo: async (_lifeline, target) => otherWay(target),
  verify: poolReading,
};

function otherWay({ way }: PoolSizeTarget): RemedyResult {
  const detail = `\`pool_size.${way}\` of the pool is no longer in lifeguard.yaml; nothing was done, it has to be done by hand`;
  return { outcome: 'failed', detail, ms: 0 };
}
