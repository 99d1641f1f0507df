import type { PoolConfig } from '../config/types.ts';
import type { RankedCause, Verdict } from '../incident/verdict.ts';

/**
 * The verdict as this pool can act on it: a remedy that its configuration has no way for is not suggested,
 * nor a restart of an application other than the one that `restart` restarts. Pure.
 */
export function withinReach(
  verdict: Verdict,
  pool: Pick<PoolConfig, 'application' | 'restart' | 'poolSize'> | undefined,
): Verdict {
  const causes = verdict.causes.map((cause): RankedCause => {
    const { remedy, ...rest } = cause;
    if (remedy === undefined) return cause;
    if (remedy.action === 'pool_size' && pool?.poolSize === undefined) return rest;
    if (remedy.action !== 'restart') return cause;
    const other =
      remedy.target?.kind === 'application' &&
      pool?.application !== undefined &&
      remedy.target.application !== pool.application;
    return pool?.restart === undefined || other ? rest : cause;
  });
  return { causes };
}
