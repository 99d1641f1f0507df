import type { TimeoutTarget } from '../../incident/remedy.ts';
import { INSUFFICIENT_PRIVILEGE, isStatementError } from '../../pool/faults.ts';
import type { Lifeline } from '../../pool/lifeline.ts';
import { alterTimeout, findRoleTimeout, obstacleToAlter } from '../../pool/role-timeouts.ts';
import type { RemedyResult } from '../remedy.ts';

/** From what to what, and how people are told. */
interface Change {
  readonly from: string | null;
  readonly to: string | null;
  readonly done: string;
  readonly doneBefore: string;
}

/**
 * Sets a timeout for a role in the pool's database, if what is set there still is what people were shown.
 *
 * @throws LifelineError when the pool's connection is down or breaks; then it may have happened or not
 */
export function setTimeoutOf(
  lifeline: Lifeline,
  target: TimeoutTarget,
  again: boolean,
): Promise<RemedyResult> {
  const { setting, role, to } = target;
  const done = `new sessions of role ${role} get ${setting} ${to}`;
  return change(lifeline, target, again, {
    from: target.from,
    to,
    done,
    doneBefore: `${done} already; nothing was done`,
  });
}

/** Sets back what was set there before, or takes it out again, if it is still what we have set. Throws likewise. */
export function resetTimeoutOf(
  lifeline: Lifeline,
  target: TimeoutTarget,
  again: boolean,
): Promise<RemedyResult> {
  const { setting, role, from } = target;
  const done =
    from === null
      ? `${setting} of role ${role} is not set there any more`
      : `${setting} of role ${role} is ${from} again`;
  return change(lifeline, target, again, {
    from: target.to,
    to: from,
    done,
    doneBefore: `${done}: somebody was faster; nothing was done`,
  });
}

/** `ALTER ROLE` takes no condition and no parameter, so the comparison is a statement before it. */
async function change(
  lifeline: Lifeline,
  { role, database, setting }: TimeoutTarget,
  again: boolean,
  { from, to, done, doneBefore }: Change,
): Promise<RemedyResult> {
  const begun = performance.now();
  const result = (outcome: RemedyResult['outcome'], detail: string): RemedyResult => ({
    outcome,
    detail,
    ms: performance.now() - begun,
  });
  const found = await findRoleTimeout(lifeline, role, setting);
  if (found === undefined) return result('nothing_to_do', `there is no role ${role} any more`);
  if (found.database !== database) {
    return result('failed', `this pool is connected to ${found.database} now and not to ${database}`);
  }
  if (found.own === to) return again ? result('done', done) : result('nothing_to_do', doneBefore);
  if (found.own !== from) {
    const now = found.own === null ? 'has taken it out' : `has set it to ${found.own}`;
    return result('nothing_to_do', `someone ${now} since; ${setting} of role ${role} is left as it is`);
  }
  const statement = alterTimeout({ role, database }, setting, to);
  const obstacle = obstacleToAlter(found, statement);
  if (obstacle !== null) return result('refused', obstacle);
  try {
    await lifeline.act(statement);
  } catch (error) {
    if (!isStatementError(error)) throw error;
    return result(
      error.code === INSUFFICIENT_PRIVILEGE ? 'refused' : 'failed',
      `${error.message}; nothing was done`,
    );
  }
  return result('done', done);
}
