import { z } from 'zod';
import type { LeakTarget, RemedyOutcome } from '../../incident/remedy.ts';
import type { Lifeline } from '../../pool/lifeline.ts';
import { APPLICATION_NAME } from '../../pool/session.ts';
import { findBackend } from '../../pool/sessions.ts';
import { pause, systemTimers, type Timers } from '../../pool/timers.ts';

/** How the attempt to end the sessions of a leak went. */
export interface EndLeakResult {
  readonly outcome: RemedyOutcome;
  readonly detail: string;
  readonly ms: number;
}

/**
 * All are compared and signalled in one statement, each as it was shown: the same connection, still idle in
 * transaction, with no query since. The rights are part of it, for one refusal would come after signals
 * to others. A session that went on or came later does not match and is left alone.
 */
const END_SQL = `
with approved as (
  select *
    from unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) as t (pid, backend_start, query_start)
), target as materialized (
  select a.pid
    from pg_stat_activity a
    join approved t
      on t.pid = a.pid
     and t.backend_start = a.backend_start
     and t.query_start = a.query_start
    join pg_roles me on me.rolname = current_user
    left join pg_roles r on r.oid = a.usesysid
   where a.state like 'idle in transaction%'
     and a.backend_type = 'client backend'
     and a.pid <> pg_backend_pid()
     and a.application_name <> '${APPLICATION_NAME}'
     and not coalesce(r.rolsuper, false)
     and (   me.rolsuper
          or pg_has_role(current_user, 'pg_signal_backend', 'usage')
          or pg_has_role(current_user, a.usesysid, 'usage'))
)
select pid, pg_terminate_backend(pid) as signalled
  from target`;

const LEFT_SQL = `
select count(*)::int as left
  from pg_stat_activity a
  join unnest($1::int[], $2::timestamptz[]) as t (pid, backend_start)
    on t.pid = a.pid
   and t.backend_start = a.backend_start`;

const signalledRow = z.object({ pid: z.int(), signalled: z.boolean().nullable() });
const leftRow = z.object({ left: z.int() });

const WAIT_MS = 5_000;
const LOOK_MS = 20;

/**
 * Ends those sessions of the leak that are still as they were shown, and waits until they are gone. Safe to
 * run twice: the second run finds none of them.
 *
 * @throws LifelineError when the pool's connection is down or breaks; then it may have happened or not
 */
export async function endLeak(
  lifeline: Lifeline,
  target: LeakTarget,
  options: { readonly again?: boolean; readonly waitMs?: number; readonly timers?: Timers } = {},
): Promise<EndLeakResult> {
  const { waitMs = WAIT_MS, timers = systemTimers, again = false } = options;
  const begun = timers.now().getTime();
  const result = (outcome: RemedyOutcome, detail: string): EndLeakResult => ({
    outcome,
    detail,
    ms: timers.now().getTime() - begun,
  });
  const approved = target.backends.length;
  const signalled = await signalAll(lifeline, target);
  if (signalled.length === 0) {
    const obstacle = await obstacleOf(lifeline, target);
    if (obstacle !== undefined) return result('refused', `${obstacle}; none of the sessions was ended`);
    const left = again ? await countLeft(lifeline, target.backends) : approved;
    if (left === 0)
      return result(
        'done',
        'none of the sessions is left; Lifeguard was restarted or cut off while ending them',
      );
    return left < approved
      ? result(
          'done',
          `${approved - left} of ${approved} sessions are gone, ${left} had moved on and were left alone; Lifeguard was restarted or cut off while ending them`,
        )
      : result('nothing_to_do', `all ${approved} sessions have moved on or ended: nothing was done`);
  }
  const ended = target.backends.filter(({ pid }) => signalled.includes(pid));
  const others = approved - ended.length;
  const spared = others === 0 || again ? '' : `; ${others} had moved on or ended before and were left alone`;
  for (;;) {
    const left = await countLeft(lifeline, ended);
    if (left === 0) return result('done', `${ended.length} of ${approved} sessions have ended${spared}`);
    if (timers.now().getTime() - begun >= waitMs) {
      return result(
        'failed',
        `${left} of ${ended.length} sessions were told to end and have not yet${spared}`,
      );
    }
    await pause(timers, LOOK_MS);
  }
}

async function signalAll(lifeline: Lifeline, { backends }: LeakTarget): Promise<number[]> {
  const columns = [
    backends.map(({ pid }) => pid),
    backends.map(({ backendStart }) => backendStart),
    backends.map(({ queryStart }) => queryStart),
  ];
  const rows = z.array(signalledRow).parse(await lifeline.act(END_SQL, columns));
  return rows.filter(({ signalled }) => signalled === true).map(({ pid }) => pid);
}

/** Why a session that is still there was not signalled: a right that is missing, or one that nobody has. */
async function obstacleOf(lifeline: Lifeline, { backends }: LeakTarget): Promise<string | undefined> {
  const [first] = backends;
  const found = first === undefined ? undefined : await findBackend(lifeline, first.pid);
  const isIt = found?.backendStart === null || found?.backendStart === first?.backendStart;
  return isIt ? (found?.obstacle ?? undefined) : undefined;
}

async function countLeft(lifeline: Lifeline, backends: LeakTarget['backends']): Promise<number> {
  const rows = await lifeline.act(LEFT_SQL, [
    backends.map(({ pid }) => pid),
    backends.map(({ backendStart }) => backendStart),
  ]);
  return z.array(leftRow).parse(rows)[0]?.left ?? 0;
}
