import type { CommandOf } from '../commands.ts';
import { dueLevels, hasReached } from '../escalation.ts';
import type { Policy } from '../policy.ts';
import type { Incident } from '../state.ts';
import { type Decision, NOTHING } from './decision.ts';

/** A timer rang: whatever is due by now is reached. Too early, too late or twice makes no difference. */
export function checkEscalation(state: Incident, now: Date, policy: Policy): Decision {
  return { events: dueLevels(state, now, policy) };
}

/** Slack took the parent message. */
export function recordThread(state: Incident, command: CommandOf<'RecordThread'>, now: Date): Decision {
  if (state.thread !== undefined) return NOTHING;
  return {
    events: [
      {
        type: 'ThreadOpened',
        at: now.toISOString(),
        channel: command.channel,
        ts: command.ts,
        ...(command.permalink === undefined ? {} : { permalink: command.permalink }),
      },
    ],
  };
}

/** PagerDuty took the page of a level. */
export function recordPage(state: Incident, command: CommandOf<'RecordPage'>, now: Date): Decision {
  const reached = state.levels.find((one) => one.level === command.level);
  if (reached === undefined || reached.page === 'sent') return NOTHING;
  const { level, dedupKey, way } = command;
  return {
    events: [
      {
        type: 'Paged',
        at: now.toISOString(),
        level,
        dedupKey,
        ...(way === undefined ? {} : { way }),
        ...(reached.page === undefined ? {} : { afterFailure: true }),
      },
    ],
  };
}

/** PagerDuty has given the page of a level to the person whom the incident was handed to, or has not. */
export function recordAssignment(
  state: Incident,
  command: CommandOf<'RecordAssignment'>,
  now: Date,
): Decision {
  const { level, to } = command;
  if (!hasReached(state, level)) return NOTHING;
  const at = now.toISOString();
  return {
    events: [
      'name' in command
        ? { type: 'PageAssigned', at, level, to, name: command.name }
        : { type: 'PageNotAssigned', at, level, to, why: command.why },
    ],
  };
}

/** PagerDuty did not take it; said once while it is being tried again, and once when it is given up. */
export function recordPageFailure(
  state: Incident,
  command: CommandOf<'RecordPageFailure'>,
  now: Date,
): Decision {
  if (!hasReached(state, command.level)) return NOTHING;
  const reached = state.levels.find((one) => one.level === command.level);
  const known = command.final ? 'failed' : 'failing';
  if (reached?.page === known || reached?.page === 'failed') return NOTHING;
  const { type: _type, ...rest } = command;
  return { events: [{ type: 'PageFailed', at: now.toISOString(), ...rest }] };
}
