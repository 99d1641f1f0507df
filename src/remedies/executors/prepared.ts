import type { PreparedTarget, RemedyOutcome } from '../../incident/remedy.ts';
import { INSUFFICIENT_PRIVILEGE, isStatementError } from '../../pool/faults.ts';
import type { Lifeline } from '../../pool/lifeline.ts';
import { findPrepared, obstacleToRollback, rollbackOf } from '../../pool/prepared.ts';

/** SQLSTATE `undefined_object`: no prepared transaction has that gid. */
const UNDEFINED_OBJECT = '42704';
/** SQLSTATE `object_not_in_prerequisite_state`: someone else is ending it at this moment. */
const NOT_IN_STATE = '55000';

/**
 * Rolls back the prepared transaction that was approved, if it is still that one.
 *
 * `ROLLBACK PREPARED` takes no condition and no parameter, so the comparison is a statement before it: only
 * a manager that ends the transaction and uses its gid again between the two could slip in.
 *
 * @throws LifelineError when the pool's connection is down or breaks; then it may have happened or not
 */
export async function rollbackPrepared(
  lifeline: Lifeline,
  target: PreparedTarget,
  again: boolean,
): Promise<{ outcome: RemedyOutcome; detail: string; ms: number }> {
  const begun = performance.now();
  const result = (outcome: RemedyOutcome, detail: string) => ({
    outcome,
    detail,
    ms: performance.now() - begun,
  });
  const gone = () =>
    again
      ? result('done', 'the prepared transaction is gone; Lifeguard was restarted or cut off while ending it')
      : result('nothing_to_do', 'that prepared transaction was ended before: nothing was done');
  const found = await findPrepared(lifeline, target.gid);
  if (found === undefined) return gone();
  const isSame =
    found.preparedAt === target.preparedAt &&
    found.owner === target.owner &&
    found.database === target.database;
  if (!isSame) {
    return again
      ? gone()
      : result('nothing_to_do', 'its gid belongs to another prepared transaction now: nothing was done');
  }
  const obstacle = obstacleToRollback(found);
  if (obstacle !== null) return result('refused', obstacle);
  try {
    await lifeline.act(rollbackOf(target.gid));
  } catch (error) {
    if (!isStatementError(error)) throw error;
    if (error.code === UNDEFINED_OBJECT) return gone();
    if (error.code === INSUFFICIENT_PRIVILEGE) return result('refused', error.message);
    if (error.code === NOT_IN_STATE) return result('failed', `${error.message}: nothing was done`);
    throw error;
  }
  return result('done', 'the prepared transaction was rolled back');
}
