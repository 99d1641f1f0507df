import type { EventOf } from './events.ts';
import type { Level, Policy } from './policy.ts';
import { type Incident, levelInForce } from './state.ts';

/** A level reached later than this after its due time says so; below it is the work of the clock's own grain. */
const WORTH_SAYING_MS = 2_000;

/** `Snooze 10 min` puts the next level off by this much, once. */
export const SNOOZE_MS = 10 * 60_000;

/** When a level stands in the policy: `after` counts from the alert's `startsAt`. Milliseconds since the epoch. */
export function dueAt(incident: Incident, level: Level): number {
  return Date.parse(incident.startsAt) + level.afterMs;
}

/**
 * When a level falls due as the incident stands: its time in the policy, or later where it, or one below it, was
 * postponed. Each level is postponed once and by `SNOOZE_MS`, so none falls due later than that after its time.
 */
export function fallsDueAt(incident: Incident, level: Level, number: number): number {
  const until = (incident.snoozes ?? []).flatMap((snooze) =>
    snooze.isOver !== true && snooze.level <= number ? [Date.parse(snooze.until)] : [],
  );
  return Math.max(dueAt(incident, level), ...until);
}

/** Whether the level need not be reached any more, as the incident stands. */
export function isUnnecessary(incident: Incident, level: Level): boolean {
  if (incident.status === 'resolved') return true;
  switch (level.unless) {
    case 'acknowledged':
      return incident.acknowledged !== undefined;
    case 'root_cause_identified':
      return incident.rootCause !== undefined;
    case 'mitigated':
      return incident.mitigatedAt !== undefined;
    default:
      return false;
  }
}

/**
 * The levels that are due at `now`, necessary, and not reached yet, lowest first.
 *
 * A pure function of the incident and the time: a late or repeated timer finds nothing more to do,
 * and a bot that was down at a due time reaches at once all that it missed.
 */
export function dueLevels(incident: Incident, now: Date, policy: Policy): EventOf<'LevelReached'>[] {
  if (incident.kind !== 'incident') return [];
  return policy.escalation.levels.flatMap((level, index) => {
    const number = index + 1;
    if (hasReached(incident, number) || isUnnecessary(incident, level)) return [];
    const lateMs = now.getTime() - fallsDueAt(incident, level, number);
    if (lateMs < 0) return [];
    const event = reachLevel(policy, number, now, 'due');
    if (event === undefined) return [];
    const reason = level.unless === undefined ? {} : { unless: level.unless, afterMs: level.afterMs };
    const isLate = lateMs > WORTH_SAYING_MS && level.afterMs > 0;
    return [{ ...event, ...reason, ...(isLate ? { lateMs } : {}) }];
  });
}

/** The next level that will fall due if nothing changes, and when; `undefined` when none is left. */
export function nextDue(
  incident: Incident,
  policy: Policy,
): { readonly level: number; readonly name: string; readonly at: number } | undefined {
  if (incident.kind !== 'incident') return undefined;
  for (const [index, level] of policy.escalation.levels.entries()) {
    if (hasReached(incident, index + 1) || isUnnecessary(incident, level)) continue;
    return { level: index + 1, name: level.name, at: fallsDueAt(incident, level, index + 1) };
  }
  return undefined;
}

/** Whether the level was reached in the present firing. */
export function hasReached(incident: Incident, level: number): boolean {
  return incident.levels.some((one) => one.level === level);
}

/** The level that `next` means: the one above the highest in force, if there is one. */
export function levelAbove(incident: Incident, policy: Policy): number | undefined {
  const next = levelInForce(incident) + 1;
  return next <= policy.escalation.levels.length ? next : undefined;
}

/** The event of reaching a level; `undefined` when the policy has no such level. */
export function reachLevel(
  policy: Policy,
  number: number,
  now: Date,
  why: 'due' | 'asked' | 'at_once',
): EventOf<'LevelReached'> | undefined {
  const level = policy.escalation.levels[number - 1];
  if (level === undefined) return undefined;
  return {
    type: 'LevelReached',
    at: now.toISOString(),
    level: number,
    name: level.name,
    why,
    pages: level.pages,
    ...(level.channel === undefined ? {} : { channel: level.channel }),
  };
}
