import type { PoolConfig } from '../config/types.ts';
import type { TimeoutSetting, TimeoutTarget } from '../incident/remedy.ts';
import { type Activity, readActivity } from '../pool/activity.ts';
import { alterTimeout, findRoleTimeout, obstacleToAlter } from '../pool/role-timeouts.ts';
import type { PoolSession } from '../pool/session-row.ts';
import { applicationOf } from './backend.ts';
import { resetTimeoutOf, setTimeoutOf } from './executors/timeout.ts';
import { poolReading } from './reading.ts';
import type { Remedy } from './remedy.ts';

/** Sets a timeout for the application's role. */
export interface TimeoutWish {
  readonly action: 'timeout';
  readonly setting: TimeoutSetting;
  /** In PostgreSQL's words, e.g. `30s`; left out, the usual one. */
  readonly value?: string;
  /** For whom; left out, the role that the application connects as. */
  readonly role?: string;
}

/** What is usual: long enough for honest work, short enough to end a leak before it fills the pool. */
const USUAL: Readonly<Record<TimeoutSetting, string>> = {
  statement_timeout: '30s',
  idle_in_transaction_session_timeout: '1min',
  idle_session_timeout: '10min',
};

const RISKS: Readonly<Record<TimeoutSetting, (value: string) => string>> = {
  statement_timeout: (value) =>
    `A statement that takes longer than ${value} is cancelled, also an honest one: a report, a migration.`,
  idle_in_transaction_session_timeout: (value) =>
    `A session idle in a transaction for ${value} is ended, and what it has not committed is lost.`,
  idle_session_timeout: (value) =>
    `A connection idle for ${value} is closed: a pool that does not test its connections before use gets errors.`,
};

/** `idle_session_timeout` came with this version. */
const IDLE_SESSION_FROM = 140_000;

/** The largest that PostgreSQL takes, in milliseconds. */
const MOST_MS = 2_147_483_647;

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A time as people write it (`30s`, `5m`) in PostgreSQL's words; `undefined` when it is none, or never. */
export function timeoutValue(text: string): string | undefined {
  const [, digits, unit = ''] = /^(\d{1,10})(ms|s|m|min|h|d)$/.exec(text) ?? [];
  const ms = Number(digits) * (UNIT_MS[unit] ?? Number.NaN);
  if (!(ms >= 1 && ms <= MOST_MS)) return undefined;
  return `${Number(digits)}${unit === 'm' ? 'min' : unit}`;
}

/** The remedy `timeout`. */
export function timeoutOf(
  pool: Pick<PoolConfig, 'application'> | undefined,
): Remedy<TimeoutWish, TimeoutTarget> {
  return {
    async preview(lifeline, { setting, value = USUAL[setting], role: wanted }, now) {
      const activity = await readActivity(lifeline);
      if (setting === 'idle_session_timeout' && activity.serverVersion < IDLE_SESSION_FROM) {
        return { refused: 'Not possible: `idle_session_timeout` came with PostgreSQL 14.', protected: true };
      }
      const role = wanted ?? roleOf(activity, pool?.application);
      if (role === undefined) {
        return {
          refused:
            'No session of the application is there that would tell its role; nothing was done. Mend: set `application` of the pool in lifeguard.yaml to its application_name.',
          protected: false,
        };
      }
      const found = await findRoleTimeout(lifeline, role, setting);
      if (found === undefined) {
        return { refused: `There is no role ${role} any more; nothing was done.`, protected: false };
      }
      const { database, own } = found;
      if (own === value) {
        return {
          refused: `${setting} of role ${role} is ${value} already; nothing was done.`,
          protected: false,
        };
      }
      const statement = alterTimeout({ role, database }, setting, value);
      const obstacle = obstacleToAlter(found, statement);
      if (obstacle !== null) return { refused: `Not possible: ${obstacle}.`, protected: true };
      const theirs = activity.sessions.filter((one) => one.user === role && one.database === database);
      return {
        action: 'timeout',
        target: { kind: 'timeout', setting, role, database, from: own, to: value },
        preview: {
          title: `Set ${setting} to ${value} for role ${role}`,
          facts: [
            { label: 'For', value: `new sessions of role ${role} in database ${database}` },
            { label: 'Concerns', value: concerned(theirs) },
            { label: 'Until now', value: until(own, found.inForce) },
            { label: 'Undone', value: 'when someone presses Undo; it stays until then' },
          ],
          query: statement,
          risks: [
            RISKS[setting](value),
            'Sessions that are open keep what they have, those behind a pooler too: it frees nothing by itself.',
            'A session that sets it for itself goes by that.',
          ],
          takenAt: now.toISOString(),
        },
      };
    },
    wishOf: ({ setting, role, to }) => ({ action: 'timeout', setting, value: to, role }),
    holds: (approved, found) => approved.database === found.database && approved.from === found.from,
    execute: setTimeoutOf,
    undo: resetTimeoutOf,
    verify: poolReading,
  };
}

/** The role that most sessions of the application have; without its name, that most sessions have. */
function roleOf({ sessions }: Activity, application: string | undefined): string | undefined {
  const counts = new Map<string, number>();
  for (const session of sessions) {
    if (!isOfApplication(session, application)) continue;
    counts.set(session.user, (counts.get(session.user) ?? 0) + 1);
  }
  return [...counts].toSorted(([, one], [, other]) => other - one)[0]?.[0];
}

function isOfApplication(session: PoolSession, application: string | undefined): boolean {
  return application === undefined || session.application === application;
}

function concerned(sessions: readonly PoolSession[]): string {
  if (sessions.length === 0) return 'no session now';
  const names = [...new Set(sessions.map(({ application }) => applicationOf(application)))];
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return `${sessions.length} sessions now, of ${names.slice(0, 3).join(', ')}${more}, once they connect anew`;
}

function until(own: string | null, inForce: string): string {
  const inWords = /^0\D*$/.test(inForce) ? 'never' : inForce;
  return own === null ? `not set for it; ${inWords}, by its role, database or server` : own;
}
