import type { Slot } from '../../incident/effects.ts';
import type { Event } from '../../incident/events.ts';
import type { Incident } from '../../incident/state.ts';
import { alarmView } from './alarm.ts';
import { announcementView } from './announcement.ts';
import type { View } from './blocks.ts';
import { followUpsView } from './follow-ups.ts';
import { noteView } from './note.ts';
import { parentView, type ViewContext } from './parent.ts';
import { requestView } from './request.ts';
import { stepView } from './step.ts';
import { verdictView } from './verdict.ts';
import { warningView } from './warning.ts';

export type { View } from './blocks.ts';
export type { ViewContext } from './parent.ts';

/** The event that a note tells, by the note's slot. */
export function noteSeq(slot: Slot): number | undefined {
  return slot.startsWith('note-') ? Number(slot.slice('note-'.length)) : undefined;
}

/** The level that an announcement or an alarm is about, by its slot. */
export function announcedLevel(slot: Slot): number | undefined {
  const match = /^(?:level|alarm)-\d+-(\d+)$/.exec(slot);
  return match === null ? undefined : Number(match[1]);
}

/**
 * What the message of a slot shows, as the incident stands.
 *
 * @param event the event of a note's slot
 * @returns `undefined` when the slot has nothing to show (any more)
 */
export function viewOf(
  slot: Slot,
  incident: Incident,
  context: ViewContext,
  event?: Event,
): View | undefined {
  const twoPerson = (action: string): boolean => context.policy.access.twoPerson.includes(action);
  if (slot === 'parent') {
    if (incident.warning !== undefined) return warningView(incident, incident.warning);
    const [request] = Object.values(incident.requests);
    return incident.kind === 'request' && request !== undefined
      ? requestView(incident, request, twoPerson(request.action))
      : parentView(incident, context);
  }
  if (slot === 'verdict') return verdictView(incident);
  if (slot === 'follow-ups') return followUpsView(incident);
  if (slot.startsWith('step-')) {
    const step = incident.steps[Number(slot.slice('step-'.length))];
    return step === undefined ? undefined : stepView(incident, step, context.stepTitles?.[step.step]);
  }
  if (slot.startsWith('request-')) {
    const request = incident.requests[slot.slice('request-'.length)];
    return request === undefined ? undefined : requestView(incident, request, twoPerson(request.action));
  }
  if (slot.startsWith('note-')) return event === undefined ? undefined : noteView(incident, event, context);
  if (!/^(level|alarm)-/.test(slot) || slot.split('-')[1] !== String(incident.firing)) return undefined;
  const level = announcedLevel(slot);
  const reached = incident.levels.find((one) => one.level === level);
  if (reached === undefined) return undefined;
  return slot.startsWith('alarm-')
    ? alarmView(incident, reached, context.policy)
    : announcementView(incident, reached, context.onCall?.(incident.pool, reached.level));
}
