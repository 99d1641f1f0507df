import type { CommandOf } from '../commands.ts';
import type { Policy } from '../policy.ts';
import type { Incident } from '../state.ts';
import { type Decision, NOTHING } from './decision.ts';

/**
 * The pool fills up: one quiet word in its channel, before anything is wrong. It is no incident: nobody
 * is paged, nothing is checked. Told again by a restart or another replica, it changes nothing.
 */
export function raiseWarning(
  state: Incident | undefined,
  command: CommandOf<'RaiseWarning'>,
  now: Date,
  policy: Policy,
): Decision {
  if (state !== undefined || policy.pool === undefined) return NOTHING;
  const { id, since, warning } = command;
  return {
    events: [
      {
        type: 'IncidentOpened',
        at: now.toISOString(),
        kind: 'warning',
        id,
        pool: policy.pool.name,
        channel: policy.channel,
        title: `${policy.pool.name}: ${Math.round(warning.percent)} % of the connections in use`,
        severity: 'warning',
        startsAt: since,
        source: 'samples',
        warning,
      },
    ],
  };
}

/** The pool is calm again, or an incident has taken over. */
export function clearWarning(state: Incident, command: CommandOf<'ClearWarning'>, now: Date): Decision {
  if (state.kind !== 'warning' || state.status === 'resolved') return NOTHING;
  return { events: [{ type: 'Resolved', at: now.toISOString(), how: command.by ?? 'alerts' }] };
}
