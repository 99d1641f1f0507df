import type { Event, EventOf } from '../events.ts';
import { followUpsOf } from '../follow-ups.ts';
import { refOf, SYSTEM } from '../people.ts';
import type { Policy } from '../policy.ts';
import type { RemedyRequest } from '../remedy.ts';
import type { Incident } from '../state.ts';

/**
 * The end of an incident, by whatever way it came: what was asked for and has not begun is closed with it,
 * for nobody has looked at the pool that recovered. What runs already comes to its own end.
 *
 * @param state the incident as it stands before
 */
export function resolution(
  state: Incident,
  resolved: Pick<EventOf<'Resolved'>, 'at' | 'how' | 'by'>,
  policy: Policy,
): Event[] {
  const { at } = resolved;
  const by = resolved.by ?? refOf(SYSTEM);
  const waiting = Object.values(state.requests).filter(({ status }) => isWaiting(status));
  return [
    { type: 'Resolved', ...resolved },
    ...waiting.map(
      ({ id }): Event => ({ type: 'RemedyCancelled', at, request: id, by, because: 'resolved' }),
    ),
    ...followUpsOf(state, at, policy),
  ];
}

/** A request that stands for itself is over when its remedy is; `ended` is the one that ends now. */
export function closing(state: Incident, ended: string, at: string): Event[] {
  if (state.kind !== 'request' || state.status !== 'open') return [];
  const isLast = Object.values(state.requests).every(({ id, status }) => id === ended || !isAlive(status));
  return isLast ? [{ type: 'Resolved', at, how: 'request' }] : [];
}

function isAlive(status: RemedyRequest['status']): boolean {
  return isWaiting(status) || status === 'running';
}

function isWaiting(status: RemedyRequest['status']): boolean {
  return status === 'pending' || status === 'approved';
}
