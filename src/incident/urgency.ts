import type { Slot, Urgency } from './effects.ts';
import type { Event } from './events.ts';
import type { Incident } from './state.ts';

/** What is said to be of no particular urgency. */
export const USUAL: Urgency = 2;

/**
 * How urgent it is that the message of a slot shows what the event changed, where Slack takes only so
 * much: a person's click comes before a new thread, and that before how things stand.
 */
export function urgencyOf(state: Incident, event: Event, slot: Slot): Urgency {
  if (state.kind === 'warning') return USUAL;
  // The summary of a storm, and a remedy that somebody asked for outside of an incident.
  if (state.kind !== 'incident' || isOfPerson(event, slot)) return 0;
  const urgency = usually(state, slot);
  // Somebody waits for this thread: nothing of it is left behind.
  return state.threadWanted === undefined ? urgency : (Math.max(0, urgency - 2) as Urgency);
}

function usually(state: Incident, slot: Slot): Urgency {
  if (slot === 'parent') return state.thread === undefined ? 1 : 3;
  if (slot === 'verdict' || slot.startsWith('alarm-')) return 1;
  if (slot.startsWith('request-')) return 0;
  return slot.startsWith('note-') || slot.startsWith('level-') ? 2 : 3;
}

/** A person did it, or it is what came of what a person asked for. */
function isOfPerson(event: Event, slot: Slot): boolean {
  switch (event.type) {
    case 'RemedyRequested':
    case 'RemedyStarted':
    case 'RemedyEnded':
    case 'UndoStarted':
    case 'UndoDelayed':
    case 'UndoEnded':
    case 'ThreadWanted':
      return true;
    case 'StepFinished':
      // Steps run by themselves once; what comes after that was asked for, mostly.
      return event.run > 1 && slot !== 'parent';
    default:
      return 'by' in event && event.by?.via === 'slack';
  }
}
