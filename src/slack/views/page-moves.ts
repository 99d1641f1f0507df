import type { EventOf } from '../../incident/events.ts';
import type { Incident } from '../../incident/state.ts';
import { person, plain } from './mrkdwn.ts';

/** What the thread says of something that was done to a level's page at PagerDuty. */
export function pageMovedText(incident: Incident, event: EventOf<'PageMoved'>): string {
  return `:pager: PagerDuty, level ${event.level}: ${moveText(incident, event)}`;
}

/** What the thread says of a page that was given to the person whom the incident was handed to, or was not. */
export function pageAssignedText(event: EventOf<'PageAssigned' | 'PageNotAssigned'>): string {
  const page = `PagerDuty, level ${event.level}`;
  return event.type === 'PageAssigned'
    ? `:pager: ${page}: the page is with ${plain(event.name, 80)} now.`
    : `:warning: ${page}: the page was not given to ${person(event.to)}: ${plain(event.why, 300)}. Reassign it there.`;
}

function moveText(incident: Incident, event: EventOf<'PageMoved'>): string {
  const { by, what } = event;
  const who = by === undefined ? undefined : person(by);
  const someone = who ?? 'PagerDuty';
  switch (what) {
    case 'acknowledged':
      return `${someone} has acknowledged the page too.`;
    case 'unacknowledged':
      return who === undefined
        ? `the acknowledgement has run out${withdrawn(incident)}.`
        : `${who} has taken the acknowledgement back${withdrawn(incident)}.`;
    case 'resolved':
      return incident.status === 'open' && who === undefined
        ? 'the page was closed there by itself; here the incident is still open.'
        : `${someone} has resolved the page.`;
    case 'reopened':
      return `${someone} has reopened the page${incident.status === 'resolved' ? '; here the incident stays resolved until its alert fires again' : ''}.`;
    case 'escalated':
      return `${someone} has escalated the page${now(event)}.`;
    case 'reassigned':
      return `${someone} has given the page to others${now(event)}.`;
    case 'delegated':
      return `${someone} has handed the page to another escalation policy${now(event)}.`;
    case 'priority_updated':
      return `${someone} has set the priority${event.priority === undefined ? '' : ` to ${plain(event.priority, 80)}`}.`;
    case 'annotated':
      return `${who ?? 'a note'}${who === undefined ? '' : ' notes'}: ${plain(event.note ?? '', 1_000)}`;
  }
}

function withdrawn(incident: Incident): string {
  return incident.acknowledged === undefined ? ', and nobody has it' : '';
}

function now({ assignees }: EventOf<'PageMoved'>): string {
  return assignees === undefined || assignees.length === 0
    ? ''
    : `; now with ${assignees.map((name) => plain(name, 80)).join(', ')}`;
}
