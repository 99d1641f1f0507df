import type { CallEnd, WatchCall } from '../observe/calls.ts';
import type { Events, Outcome } from './events.ts';
import type { Rest, RestOutcome } from './rest.ts';

/** The Events API with every request watched. */
export function watchedEvents(events: Events, watch: WatchCall): Events {
  return { send: (event) => watch('pagerduty', `enqueue ${event.action}`, () => events.send(event), endOf) };
}

/** The REST API with every question and change watched, by the name of its function. */
export function watchedRest(rest: Rest, watch: WatchCall): Rest {
  const watched = <T>(call: string, work: () => Promise<RestOutcome<T>>): Promise<RestOutcome<T>> =>
    watch('pagerduty', call, work, endOf);
  return {
    escalate: (incident, level) => watched('escalate', () => rest.escalate(incident, level)),
    assign: (id, userId) => watched('assign', () => rest.assign(id, userId)),
    userByEmail: (email) => watched('user by email', () => rest.userByEmail(email)),
    findIncident: (key) => watched('find incident', () => rest.findIncident(key)),
    onCalls: (filter) => watched('on calls', () => rest.onCalls(filter)),
    addNote: (id, text) => watched('add note', () => rest.addNote(id, text)),
    notes: (id) => watched('notes', () => rest.notes(id)),
    incidentKey: (id) => watched('incident key', () => rest.incidentKey(id)),
    services: () => watched('services', () => rest.services()),
  };
}

/** Neither API throws; what it does when it does is told as no answer. */
function endOf(
  result: { readonly value: Outcome | RestOutcome<unknown> } | { readonly error: unknown },
): CallEnd {
  if ('error' in result) return { outcome: 'unavailable', code: 'no_answer' };
  const { value } = result;
  if (value.kind === 'accepted' || value.kind === 'done') return { outcome: 'ok' };
  const wait = value.kind === 'retry' && value.afterMs !== undefined ? { waitMs: value.afterMs } : {};
  const code = value.status === undefined ? 'no_answer' : String(value.status);
  if (value.kind === 'refused') return { outcome: 'refused', code };
  return { outcome: value.status === 429 ? 'rate_limited' : 'unavailable', code, ...wait };
}
