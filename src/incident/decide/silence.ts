import type { CommandOf } from '../commands.ts';
import type { Event } from '../events.ts';
import type { Policy } from '../policy.ts';
import type { Incident } from '../state.ts';
import { meet } from './at-once.ts';
import { type Decision, NOTHING } from './decision.ts';
import { restartSteps } from './diagnosis.ts';

/** The database does not answer. Told again while it is so, it changes nothing. */
export function recordUnresponsive(
  state: Incident,
  command: CommandOf<'RecordUnresponsive'>,
  now: Date,
  policy: Policy,
): Decision {
  if (state.kind !== 'incident' || state.status === 'resolved' || state.unresponsive !== undefined) {
    return NOTHING;
  }
  const { since, detail } = command;
  const event: Event = {
    type: 'DatabaseUnresponsive',
    at: now.toISOString(),
    since,
    ...(detail === undefined ? {} : { detail }),
    ...(state.silences === undefined ? {} : { again: true }),
  };
  return { events: meet(state, 'database_unresponsive', event, now, policy) };
}

/** The database answers again: what the checks could not find out meanwhile, they find out now. */
export function recordResponsive(state: Incident, now: Date, policy: Policy): Decision {
  if (state.unresponsive === undefined || state.status === 'resolved') return NOTHING;
  const { since } = state.unresponsive;
  const again = (state.silences ?? 1) > 1 ? { again: true } : {};
  const at = now.toISOString();
  return {
    events: [{ type: 'DatabaseResponsive', at, since, ...again }, ...restartSteps(state, at, policy)],
  };
}
