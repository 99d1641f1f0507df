import type { CommandOf } from '../commands.ts';
import { refOf } from '../people.ts';
import type { Policy } from '../policy.ts';
import type { Incident } from '../state.ts';
import { HANDFUL } from '../storm.ts';
import { type Decision, NOTHING, tell } from './decision.ts';
import { refuse } from './people.ts';

/**
 * More than a handful of incidents have opened into one channel, faster than their threads can be there:
 * one message tells them all. Told again by another replica, it changes nothing.
 */
export function gatherStorm(
  state: Incident | undefined,
  { id, channel, opened, since }: CommandOf<'GatherStorm'>,
  now: Date,
): Decision {
  if (state?.status === 'open' || opened <= HANDFUL) return NOTHING;
  return {
    events: [
      {
        type: 'IncidentOpened',
        at: now.toISOString(),
        kind: 'storm',
        id,
        channel,
        title: `${opened} incidents at once`,
        severity: 'critical',
        startsAt: since,
        source: 'storm',
      },
    ],
  };
}

/** What opens from now on is no part of it. Its message goes on telling what becomes of those that are. */
export function endStorm(state: Incident, now: Date): Decision {
  if (state.kind !== 'storm' || state.status === 'resolved') return NOTHING;
  return { events: [{ type: 'Resolved', at: now.toISOString(), how: 'alerts' }] };
}

/** Somebody does not want to wait until it is this incident's turn. */
export function bringThread(
  state: Incident,
  { by }: CommandOf<'BringThread'>,
  now: Date,
  policy: Policy,
): Decision {
  const refused = refuse(by, 'responder', 'Open the thread now', now, policy);
  if (refused !== undefined) return refused;
  if (state.thread !== undefined) {
    const { permalink } = state.thread;
    return tell({ code: 'thread_is_there', ...(permalink === undefined ? {} : { permalink }) });
  }
  if (state.threadWanted !== undefined) return tell({ code: 'thread_comes' });
  return {
    events: [{ type: 'ThreadWanted', at: now.toISOString(), by: refOf(by) }],
    told: { code: 'thread_comes' },
  };
}
