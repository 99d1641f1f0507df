import type { StepFindings } from '../incident/events.ts';
import type { PoolReading } from '../incident/remedy.ts';
import { type Activity, type Group, longRunning, readActivity } from '../pool/activity.ts';
import type { Lifeline } from '../pool/lifeline.ts';
import { readLocks } from '../pool/locks.ts';
import { LONG_RUNNING_MS, worthALook } from './sessions.ts';

/** What a check brings back. */
export interface CheckResult {
  readonly findings: StepFindings;
  readonly reading?: PoolReading;
}

/**
 * Step 2 of the runbook: who holds the connections. Two reading statements over the lifeline, so it
 * works when the server takes no connection any more.
 *
 * @throws as `Lifeline.query` does
 */
export async function checkConnections(lifeline: Lifeline): Promise<CheckResult> {
  const activity = await readActivity(lifeline);
  const locks = await readLocks(lifeline);
  const { headline, rows, more } = worthALook(activity, locks);
  const lines = [statesLine(activity), groupsLine('By application', activity.byApplication)];
  if (activity.byUser.length > 1) lines.push(groupsLine('By user', activity.byUser));
  const long = longRunning(activity, { overMs: LONG_RUNNING_MS });
  if (long.active.length > 0)
    lines.push(`${long.active.length} queries have been running for more than a minute`);
  if (long.idleInTransaction.length > 0) {
    lines.push(
      `${long.idleInTransaction.length} sessions have been idle in transaction for more than a minute`,
    );
  }
  const root = rows[0];
  if (root !== undefined && root.blocks > 0) {
    lines.push(`pid ${root.pid} blocks ${root.blocks} other sessions, directly or through each other`);
  }
  lines.push(
    `max_connections ${activity.maxConnections}, of which ${activity.superuserReserved + activity.reserved} are reserved`,
  );
  return {
    findings: {
      headline,
      lines,
      sessions: rows,
      ...(more > 0 ? { more } : {}),
      ...(activity.hidden === null ? {} : { mend: activity.hidden.mend }),
    },
    reading: readingOf(activity),
  };
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

function statesLine(activity: Activity): string {
  const states = Object.entries(activity.byState)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([state, count]) => `${count} ${state}`);
  return `By state: ${states.join(', ')}`;
}

function groupsLine(title: string, groups: readonly Group[]): string {
  const shown = groups
    .slice(0, 4)
    .map((group) => `${group.name === '' ? '(none)' : group.name} ${group.total}`);
  const more = groups.length > 4 ? `, and ${groups.length - 4} more` : '';
  return `${title}: ${shown.join(', ')}${more}`;
}
