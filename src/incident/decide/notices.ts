import { isOurAssignment } from '../assignment.ts';
import type { CommandOf } from '../commands.ts';
import { dueLevels } from '../escalation.ts';
import type { Event } from '../events.ts';
import { evolve } from '../evolve.ts';
import { followUpsOf } from '../follow-ups.ts';
import { isStanding, type PageNotice } from '../pages.ts';
import type { Policy } from '../policy.ts';
import type { Incident, ReachedLevel } from '../state.ts';
import { type Decision, tell } from './decision.ts';

/** PagerDuty's clock and the store's may differ by this much. */
const SKEW_MS = 30_000;

/** What PagerDuty tells of a page that we moved up ourselves comes within this time. */
const ECHO_MS = 60_000;

/**
 * What PagerDuty tells of the page of a level, taken into the incident.
 *
 * Nothing is taken twice, nothing that a later notice has overtaken, and nothing of an earlier firing:
 * webhooks come late, repeated and out of order. Nor is taken what we did ourselves and PagerDuty tells
 * back: our acknowledgement and resolve have no person as their author, our move up is known by the level
 * that it was made for, and our reassignment by the hand-over before it.
 */
export function takeNotice(
  state: Incident,
  { notice }: CommandOf<'TakePageNotice'>,
  now: Date,
  policy: Policy,
): Decision {
  if (state.notices?.includes(notice.notice) === true) return tell({ code: 'ignored', why: 'repeat' });
  const reached = state.levels.find((one) => one.level === notice.level);
  if (reached === undefined || isLate(reached, notice)) return tell({ code: 'ignored', why: 'late' });
  const isOurs = isEcho(state, notice) || (policy.escalation.rest === true && isOurAssignment(state, notice));
  if (isOurs) return tell({ code: 'ignored', why: 'echo' });
  const at = now.toISOString();
  const moved = (told: boolean): Event => ({ type: 'PageMoved', at, told, ...notice });
  const { by, level } = notice;
  const done = (events: readonly Event[]): Decision => ({ events, told: { code: 'done' } });

  if (notice.what === 'acknowledged' && by !== undefined && state.status === 'open') {
    if (state.acknowledged === undefined) {
      return done([moved(false), { type: 'Acknowledged', at, by, level }]);
    }
    return done([moved(state.acknowledged.by.id !== by.id)]);
  }
  if (notice.what === 'resolved' && by !== undefined && state.status === 'open') {
    return done([
      moved(false),
      { type: 'Resolved', at, how: 'person', by, level },
      ...followUpsOf(state, at, policy),
    ]);
  }
  if (notice.what === 'unacknowledged' && state.acknowledged?.level === level && state.status === 'open') {
    const events: Event[] = [moved(true), { type: 'Unacknowledged', at, level }];
    const nobody = events.reduce<Incident>(evolve, state);
    // Levels that the acknowledgement had made unnecessary may be due by now.
    return done([...events, ...dueLevels(nobody, now, policy)]);
  }
  // Of an incident that is over nothing is told that our own resolve brings with it.
  return done([moved(!(state.status === 'resolved' && notice.what === 'resolved'))]);
}

/** Of a firing that is past, or overtaken: what stands at PagerDuty has changed again since. */
function isLate(reached: ReachedLevel, notice: PageNotice): boolean {
  const occurred = Date.parse(notice.occurredAt);
  if (occurred < Date.parse(reached.at) - SKEW_MS) return true;
  return isStanding(notice.what) && reached.movedAt !== undefined && occurred < Date.parse(reached.movedAt);
}

function isEcho(state: Incident, notice: PageNotice): boolean {
  switch (notice.what) {
    case 'acknowledged':
      return notice.by === undefined;
    case 'resolved':
      return notice.by === undefined && state.status === 'resolved';
    case 'escalated':
    case 'reassigned':
    case 'unacknowledged':
      return state.levels.some((one) => one.level > notice.level && isOurMove(one, notice.occurredAt));
    default:
      return false;
  }
}

/** The webhook of a move may overtake the answer to it, so a page that is still under way counts too. */
function isOurMove(reached: ReachedLevel, occurredAt: string): boolean {
  if (!reached.pages || (reached.page !== undefined && reached.pageWay !== 'moved')) return false;
  const at = reached.pagedAt ?? reached.at;
  return Math.abs(Date.parse(occurredAt) - Date.parse(at)) <= ECHO_MS;
}
