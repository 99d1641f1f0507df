import type { Lifeline } from '../pool/lifeline.ts';
import { type CancelWish, cancel } from './cancel.ts';
import { type PoolSizeWish, poolSizeOf, type SizedPool } from './pool-size.ts';
import { type Approved, type BoundRemedy, bind, type NoPlan, type RemedyPlan } from './remedy.ts';
import { type RestartedPool, type RestartWish, restartOf } from './restart.ts';
import { type RollbackPreparedWish, rollbackPreparedRemedy } from './rollback-prepared.ts';
import { type TerminateWish, terminate } from './terminate.ts';
import { type TerminateLeakWish, terminateLeak } from './terminate-leak.ts';
import { type TimeoutWish, timeoutOf } from './timeout.ts';

/** Everything that a button or a command can ask for. A new remedy is one file and its lines here. */
export type Wish =
  | TerminateWish
  | CancelWish
  | TerminateLeakWish
  | RollbackPreparedWish
  | RestartWish
  | PoolSizeWish
  | TimeoutWish;

/** What remedies need to know of a pool besides its connection. */
export type PoolFacts = RestartedPool & SizedPool;

/**
 * Looks afresh at what is wished for, and says what it would mean.
 *
 * @param pool of the configuration; without it what acts on the application is refused
 * @throws as `Lifeline.query` does
 */
export async function previewOf(
  lifeline: Lifeline,
  wish: Wish,
  now: Date,
  pool?: PoolFacts,
): Promise<RemedyPlan | NoPlan> {
  switch (wish.action) {
    case 'terminate':
      return terminate.preview(lifeline, wish, now);
    case 'cancel':
      return cancel.preview(lifeline, wish, now);
    case 'terminate_leak':
      return terminateLeak.preview(lifeline, wish, now);
    case 'rollback_prepared':
      return rollbackPreparedRemedy.preview(lifeline, wish, now);
    case 'restart':
      return restartOf(pool).preview(lifeline, wish, now);
    case 'timeout':
      return timeoutOf(pool).preview(lifeline, wish, now);
    case 'pool_size':
      return poolSizeOf(pool).preview(lifeline, wish, now);
  }
}

/** The remedy that carries out what was approved; `undefined` when this version knows none for it. */
export function remedyFor({ action, target }: Approved, pool?: PoolFacts): BoundRemedy | undefined {
  switch (target.kind) {
    case 'leak':
      return action === 'terminate_leak' ? bind(terminateLeak, target) : undefined;
    case 'prepared':
      return action === 'rollback_prepared' ? bind(rollbackPreparedRemedy, target) : undefined;
    case 'restart':
      return action === 'restart' ? bind(restartOf(pool), target) : undefined;
    case 'timeout':
      return action === 'timeout' ? bind(timeoutOf(pool), target) : undefined;
    case 'pool_size':
      return action === 'pool_size' ? bind(poolSizeOf(pool), target) : undefined;
    case 'backend': {
      if (action === 'terminate') return bind(terminate, target);
      const { queryStart } = target;
      return action === 'cancel' && queryStart !== undefined
        ? bind(cancel, { ...target, queryStart })
        : undefined;
    }
  }
}

/** What was wished for, as the timeline names a refusal. */
export function nameOf(wish: Wish): string {
  switch (wish.action) {
    case 'terminate':
      return `Terminate backend ${wish.pid}`;
    case 'cancel':
      return `Cancel the query of backend ${wish.pid}`;
    case 'terminate_leak':
      return `Terminate the leaked sessions of ${wish.application}`;
    case 'rollback_prepared':
      return `Roll back the prepared transaction ${wish.gid}`;
    case 'restart':
      return 'Restart the application';
    case 'pool_size':
      return 'Raise the pool size';
    case 'timeout':
      return `Set ${wish.setting}`;
  }
}
