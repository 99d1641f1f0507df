import type { Event } from './events.ts';
import type { Policy } from './policy.ts';
import type { FollowUp, Incident } from './state.ts';

/** At this hour, UTC, people are reminded of what is due that day. */
const REMINDER_HOUR = 8;

/** When people are reminded of what is due on `day` (`YYYY-MM-DD`): ISO 8601. */
export function remindedAt(day: string): string {
  return `${day}T${String(REMINDER_HOUR).padStart(2, '0')}:00:00.000Z`;
}

/** Whether it is a day of the calendar, `YYYY-MM-DD`. */
export function isDay(day: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) return false;
  const at = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day);
}

/** What a first resolution leaves to do; an incident that opens again and closes keeps its list. */
export function followUpsOf(state: Incident, at: string, policy: Policy): Event[] {
  const planned = policy.pool?.followUps ?? [];
  if (state.kind !== 'incident' || state.followUps !== undefined || planned.length === 0) return [];
  const items = planned.map((one, index): FollowUp => ({ id: `f${index + 1}`, ...one }));
  return [{ type: 'FollowUpsListed', at, items }];
}
