import { z } from 'zod';
import { INSUFFICIENT_PRIVILEGE, isStatementError } from '../../pool/faults.ts';
import type { Lifeline } from '../../pool/lifeline.ts';
import { APPLICATION_NAME } from '../../pool/session.ts';
import { type BackendIdentity, findBackend } from '../../pool/sessions.ts';
import { pause, systemTimers, type Timers } from '../../pool/timers.ts';

/** How the attempt to end a backend or a query went. */
export interface SignalResult<Done extends string> {
  /**
   * Done; `moved_on`: that pid or backend is at something else now, nothing was done; `gone`: ended before
   * we came; `refused`: not allowed, nothing was done; `still_there`: signalled, but not ended in time.
   */
  readonly outcome: Done | 'moved_on' | 'gone' | 'refused' | 'still_there';
  /** One sentence for people, with the statement that mends a refusal. */
  readonly detail: string;
  /** From the call until the outcome was known, in milliseconds. */
  readonly ms: number;
}

export type TerminateResult = SignalResult<'terminated'>;
export type CancelResult = SignalResult<'cancelled'>;

/** How long to watch for the end. */
export interface SignalOptions {
  /** Milliseconds; default 5,000. */
  readonly waitMs?: number;
  readonly timers?: Timers;
}

/**
 * Looks and signals in one statement: the snapshot that is compared is the one that is acted on. A CASE
 * evaluates only the branch it takes, so the signal is sent to a match and to nothing else.
 */
function signalSql(matches: string, signal: 'pg_terminate_backend' | 'pg_cancel_backend'): string {
  return `
with target as materialized (
  select a.pid,
         a.backend_type,
         case
           when a.backend_start is null                                                then 'hidden'
           when a.backend_start <> $2::timestamptz                                     then 'moved_on'
           when a.pid = pg_backend_pid() or a.application_name = '${APPLICATION_NAME}' then 'own'
           when a.backend_type <> 'client backend'                                     then 'not_client'
           when exists (select from pg_roles r
                         where r.oid = a.usesysid
                           and r.rolsuper)                                              then 'superuser'
           when ${matches}                                                             then 'match'
           else 'moved_on'
         end as verdict
    from pg_stat_activity a
   where a.pid = $1
)
select verdict,
       case when verdict = 'match' then ${signal}(pid) end as signalled
  from target`;
}

const TERMINATE_SQL = signalSql('true', 'pg_terminate_backend');
const CANCEL_SQL = signalSql(`a.state = 'active' and a.query_start = $3::timestamptz`, 'pg_cancel_backend');

const BACKEND_LEFT_SQL = `
select 1
  from pg_stat_activity
 where pid = $1
   and backend_start = $2::timestamptz`;

const QUERY_LEFT_SQL = `${BACKEND_LEFT_SQL}
   and state = 'active'
   and query_start = $3::timestamptz`;

const verdictRow = z.object({
  verdict: z.enum(['hidden', 'moved_on', 'own', 'not_client', 'superuser', 'match']),
  signalled: z.boolean().nullable(),
});

const WAIT_MS = 5_000;
/** A backend that only has to notice is gone within milliseconds; one that rolls back takes its time. */
const FIRST_LOOK_MS = 5;
const LAST_LOOK_MS = 100;

/**
 * Ends the backend that `identity` names, if it is still that one, and waits until it is gone. Never ends
 * a connection of Lifeguard, a superuser's, a walsender or a process of the server. Safe to run twice.
 *
 * Throws LifelineError when the pool's connection is down or breaks; then it may have happened or not.
 */
export function terminateBackend(
  lifeline: Lifeline,
  identity: BackendIdentity,
  options: SignalOptions = {},
): Promise<TerminateResult> {
  return signal(lifeline, identity, options, {
    done: 'terminated',
    signalSql: TERMINATE_SQL,
    leftSql: BACKEND_LEFT_SQL,
    params: [identity.pid, identity.backendStart],
    doneText: `backend ${identity.pid} has ended`,
    movedOnText: `pid ${identity.pid} belongs to another connection now: nothing was done`,
    leftText: `backend ${identity.pid} was told to end and has not yet; it may be rolling back or waiting for the disk`,
  });
}

/**
 * Cancels the query that `identity` names by its `queryStart`, if the backend is still at it, and waits
 * until it has ended; the connection stays. Otherwise as `terminateBackend`.
 */
export function cancelQuery(
  lifeline: Lifeline,
  identity: BackendIdentity & { readonly queryStart: string },
  options: SignalOptions = {},
): Promise<CancelResult> {
  return signal(lifeline, identity, options, {
    done: 'cancelled',
    signalSql: CANCEL_SQL,
    leftSql: QUERY_LEFT_SQL,
    params: [identity.pid, identity.backendStart, identity.queryStart],
    doneText: `the query of backend ${identity.pid} was cancelled`,
    movedOnText: `backend ${identity.pid} is no longer at that query: nothing was done`,
    leftText: `the query of backend ${identity.pid} was told to stop and has not yet`,
  });
}

interface Kind<Done extends string> {
  readonly done: Done;
  readonly signalSql: string;
  readonly leftSql: string;
  readonly params: readonly unknown[];
  readonly doneText: string;
  readonly movedOnText: string;
  readonly leftText: string;
}

async function signal<Done extends string>(
  lifeline: Lifeline,
  { pid }: BackendIdentity,
  { waitMs = WAIT_MS, timers = systemTimers }: SignalOptions,
  kind: Kind<Done>,
): Promise<SignalResult<Done>> {
  const begun = timers.now().getTime();
  const result = (outcome: SignalResult<Done>['outcome'], detail: string): SignalResult<Done> => ({
    outcome,
    detail,
    ms: timers.now().getTime() - begun,
  });
  const found = await sendSignal(lifeline, kind);
  // `signalled` is false when the process ended between the snapshot and the signal.
  if (found === 'none' || (found !== 'forbidden' && found.signalled === false)) {
    return result('gone', `backend ${pid} had ended before: nothing was done`);
  }
  if (found !== 'forbidden' && found.verdict === 'moved_on') return result('moved_on', kind.movedOnText);
  if (found === 'forbidden' || found.verdict !== 'match') {
    return result('refused', await refusal(lifeline, pid));
  }
  for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(LAST_LOOK_MS, lookMs * 1.5)) {
    if ((await lifeline.act(kind.leftSql, kind.params)).length === 0) return result(kind.done, kind.doneText);
    if (timers.now().getTime() - begun >= waitMs) return result('still_there', kind.leftText);
    await pause(timers, lookMs);
  }
}

async function sendSignal<Done extends string>(lifeline: Lifeline, kind: Kind<Done>) {
  try {
    const [row] = z.array(verdictRow).parse(await lifeline.act(kind.signalSql, kind.params));
    return row ?? 'none';
  } catch (error) {
    if (isStatementError(error) && error.code === INSUFFICIENT_PRIVILEGE) return 'forbidden';
    throw error;
  }
}

/** Says why, as the preview would; the server's own words give no statement that mends it. */
async function refusal(lifeline: Lifeline, pid: number): Promise<string> {
  const backend = await findBackend(lifeline, pid);
  return backend?.obstacle ?? `the server does not allow ending backend ${pid}`;
}
