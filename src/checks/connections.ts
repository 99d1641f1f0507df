import { damageText } from '../incident/conditions.ts';
import type { ConnectionFacts, SessionFact } from '../incident/facts.ts';
import type { PoolReading } from '../incident/remedy.ts';
import { type Activity, type Group, longRunning } from '../pool/activity.ts';
import type { PoolSession } from '../pool/session-row.ts';
import type { BuiltinParams } from '../runbook/builtin.ts';
import { type Check, counted } from './check.ts';
import { damageIn, readChecksumFailures } from './damage.ts';
import { isIdleInTransaction, worthALook } from './sessions.ts';

/** Step 2 of the runbook: who holds the connections, by state, application, user, address and age. */
export const connections: Check<BuiltinParams<'connections'>> = {
  name: 'connections',
  over: 'lifeline',
  async run({ lifeline, snapshots }, { overMs, top }) {
    const activity = await snapshots.activity();
    const locks = await snapshots.locks();
    // Who holds the connections is worth telling, whatever becomes of this.
    const damage = await readChecksumFailures(lifeline).catch(damageIn);
    const { headline, rows, more: beyond } = worthALook(activity, locks);
    const long = longRunning(activity, { overMs });
    const shown = rows.slice(0, top);
    const more = rows.length + beyond - shown.length;
    const lines = [statesLine(activity), groupsLine('By application', activity.byApplication)];
    if (activity.byUser.length > 1) lines.push(groupsLine('By user', activity.byUser));
    const addresses = byAddress(activity);
    if (addresses.length > 1) lines.push(groupsLine('By address', addresses));
    if (long.active.length > 0)
      lines.push(`${counted(long.active.length, 'long-running query', 'long-running queries')}`);
    if (long.idleInTransaction.length > 0)
      lines.push(`${counted(long.idleInTransaction.length, 'session')} idle in transaction for long`);
    const root = rows[0];
    if (root !== undefined && root.blocks > 0)
      lines.push(`pid ${root.pid} blocks ${root.blocks} other sessions, directly or through each other`);
    if (damage !== undefined) lines.push(damageText(damage));
    lines.push(
      `max_connections ${activity.maxConnections}, of which ${activity.superuserReserved + activity.reserved} are reserved`,
    );
    return {
      findings: {
        headline,
        lines,
        sessions: shown,
        ...(more > 0 ? { more, rest: { name: 'sessions.txt', text: sessionsText(activity) } } : {}),
        ...(activity.hidden === null ? {} : { mend: activity.hidden.mend }),
      },
      facts: {
        connections: connectionFacts(activity, overMs),
        ...(damage === undefined ? {} : { damage }),
      },
      reading: readingOf(activity),
    };
  },
};

/** Kept with the incident, so even of a huge server no more than this. */
const REST_CHARS = 200_000;

/** Every session, a line each, the longest in its state first; statements are masked already. */
function sessionsText({ sessions }: Activity): string {
  return [...sessions]
    .sort((one, other) => (other.stateMs ?? 0) - (one.stateMs ?? 0))
    .map(
      (one) =>
        `${one.pid}\t${one.application}\t${one.user}\t${one.client ?? 'unknown'}\t${one.state}\t${Math.round((one.stateMs ?? 0) / 1_000)} s\t${one.query}`,
    )
    .join('\n')
    .slice(0, REST_CHARS);
}

/** The utilisation of a snapshot, as incidents keep it. */
export function readingOf(activity: Activity): PoolReading {
  return {
    used: activity.used,
    usable: activity.usable,
    percent: Math.round(activity.utilisation * 10) / 10,
    at: new Date(activity.takenAt).toISOString(),
  };
}

/** One session as evidence; `ageMs` is what the caller counts: of its query, its state or its transaction. */
export function sessionFact(session: PoolSession, ageMs: number | null): SessionFact {
  return {
    pid: session.pid,
    backendStart: session.backendStart ?? '',
    ...(session.queryStart === null ? {} : { queryStart: session.queryStart }),
    application: session.application,
    state: session.state,
    ageMs: Math.round(ageMs ?? 0),
    query: session.query,
    ...(session.isSuperuser ? { isProtected: true as const } : {}),
  };
}

function connectionFacts(activity: Activity, overMs: number): ConnectionFacts {
  const { sessions } = activity;
  const active = sessions.filter((session) => session.state === 'active');
  const oldestActive = oldest(active, (session) => session.queryMs);
  const oldestTransaction = oldest(sessions, (session) => session.transactionMs);
  const largest = activity.byApplication[0];
  return {
    used: activity.used,
    usable: activity.usable,
    active: active.length,
    idle: activity.byState.idle,
    idleInTransaction: sessions.filter(isIdleInTransaction).length,
    waitingForLock: sessions.filter((session) => session.waitEventType === 'Lock').length,
    working: active.filter(({ waitEventType }) => waitEventType === null || waitEventType === 'IO').length,
    longActive: active.filter((session) => (session.queryMs ?? 0) > overMs).length,
    ...(oldestActive === undefined ? {} : { oldestActive: sessionFact(oldestActive, oldestActive.queryMs) }),
    ...(oldestTransaction === undefined
      ? {}
      : { oldestTransaction: sessionFact(oldestTransaction, oldestTransaction.transactionMs) }),
    ...(largest === undefined ? {} : { largestApplication: { name: largest.name, total: largest.total } }),
    medianActiveMs: median(active.map((session) => session.queryMs ?? 0)),
    medianConnectedMs: median(sessions.map((session) => session.connectedMs ?? 0)),
  };
}

function oldest(
  sessions: readonly PoolSession[],
  age: (session: PoolSession) => number | null,
): PoolSession | undefined {
  return sessions
    .filter((session) => age(session) !== null)
    .sort((one, other) => (age(other) ?? 0) - (age(one) ?? 0))[0];
}

/** The middle value, 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0);
}

function byAddress(activity: Activity): Pick<Group, 'name' | 'total'>[] {
  const totals = new Map<string, number>();
  for (const { client } of activity.sessions) {
    const name = client ?? 'unknown';
    totals.set(name, (totals.get(name) ?? 0) + 1);
  }
  return [...totals].map(([name, total]) => ({ name, total })).sort((one, other) => other.total - one.total);
}

function statesLine(activity: Activity): string {
  const states = Object.entries(activity.byState)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([state, count]) => `${count} ${state}`);
  return `By state: ${states.join(', ')}`;
}

function groupsLine(title: string, groups: readonly Pick<Group, 'name' | 'total'>[]): string {
  const shown = groups
    .slice(0, 4)
    .map((group) => `${group.name === '' ? '(none)' : group.name} ${group.total}`);
  const more = groups.length > 4 ? `, and ${groups.length - 4} more` : '';
  return `${title}: ${shown.join(', ')}${more}`;
}
