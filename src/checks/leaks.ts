import type { LeakGroup } from '../incident/facts.ts';
import { duration } from '../incident/words.ts';
import { APPLICATION_NAME } from '../pool/session.ts';
import type { PoolSession } from '../pool/session-row.ts';
import type { BuiltinParams } from '../runbook/builtin.ts';
import { type Check, counted } from './check.ts';
import { isIdleInTransaction } from './sessions.ts';

/** An application that is at work pauses for less than this between two statements of a transaction. */
const PAUSE_MS = 1_000;

/**
 * Step 3: connections nobody gives back, idle in transaction or idle beyond the pool's recycle time,
 * grouped by application and last statement: the line to look for in the application's code.
 */
export const leaks: Check<BuiltinParams<'leaks'>> = {
  name: 'leaks',
  over: 'lifeline',
  async run({ snapshots, config }, { idleOverMs = config.recycleMs, inTransactionOverMs, top }) {
    const sessions = (await snapshots.activity()).sessions.filter(
      (one) => one.application !== APPLICATION_NAME,
    );
    // Evidence from a moment on, so that a leak shows before it is old; judged by the runbook's limit.
    const evidenceMs = Math.min(PAUSE_MS, inTransactionOverMs);
    const inTransaction = groupsOf(
      sessions.filter((session) => isIdleInTransaction(session) && (session.stateMs ?? 0) >= evidenceMs),
    );
    const idle = groupsOf(
      sessions.filter((session) => session.state === 'idle' && (session.stateMs ?? 0) >= idleOverMs),
    );
    const open = total(inTransaction);
    const unused = total(idle);
    const isBad = inTransaction.some((group) => group.oldestMs >= inTransactionOverMs) || unused > 0;
    const all = [
      ...inTransaction.map((group) => lineOf(group, 'idle in transaction')),
      ...idle.map((group) => lineOf(group, 'idle')),
    ];
    return {
      findings: {
        headline:
          open + unused === 0
            ? 'No connection looks leaked'
            : `${counted(open, 'connection')} idle in transaction, ${unused} idle beyond ${duration(idleOverMs)}`,
        lines: all.length > top ? [...all.slice(0, top), `and ${all.length - top} more groups`] : all,
        verdict: isBad ? 'warn' : 'ok',
      },
      facts: { leaks: { inTransaction, idle } },
    };
  },
};

function groupsOf(sessions: readonly PoolSession[]): LeakGroup[] {
  const groups = new Map<string, LeakGroup>();
  for (const { application, query, stateMs, isSuperuser } of sessions) {
    const key = JSON.stringify([application, query]);
    const group = groups.get(key);
    const isProtected = isSuperuser && (group === undefined || group.isProtected === true);
    groups.set(key, {
      application,
      lastStatement: query,
      sessions: (group?.sessions ?? 0) + 1,
      oldestMs: Math.max(group?.oldestMs ?? 0, Math.round(stateMs ?? 0)),
      ...(isProtected ? { isProtected } : {}),
    });
  }
  return [...groups.values()].sort(
    (one, other) => other.sessions - one.sessions || other.oldestMs - one.oldestMs,
  );
}

function total(groups: readonly LeakGroup[]): number {
  return groups.reduce((sum, group) => sum + group.sessions, 0);
}

function lineOf(group: LeakGroup, state: string): string {
  const name = group.application === '' ? '(no application name)' : group.application;
  return `${group.sessions} ${state}, ${name}, up to ${duration(group.oldestMs)}${group.isProtected ? ', superusers’, never ended' : ''}, last: ${group.lastStatement}`;
}
