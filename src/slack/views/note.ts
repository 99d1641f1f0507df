import type { Event } from '../../incident/events.ts';
import type { RemedyRequest } from '../../incident/remedy.ts';
import { firingAlerts, type Incident } from '../../incident/state.ts';
import { pagedText, pageFailedText } from './alarm.ts';
import { actions, type Block, section, type View } from './blocks.ts';
import { CONDITIONS, reachedText, servicesText, unresponsiveText } from './escalation.ts';
import { duration, person, plain, time } from './mrkdwn.ts';
import { pageAssignedText, pageMovedText } from './page-moves.ts';
import type { ViewContext } from './parent.ts';
import { markOf, outcomeText, readingText, withCode } from './request.ts';
import { suggestedButton } from './verdict.ts';

/** What one event tells in the thread; `undefined` for events that have nothing to tell. */
export function noteView(incident: Incident, event: Event, view: ViewContext): View | undefined {
  const text = noteText(incident, event, view);
  if (text === undefined) return undefined;
  const blocks: Block[] = [section(text)];
  const next = event.type === 'FixFailed' ? suggestedButton(incident) : undefined;
  if (next !== undefined) blocks.push(actions('next-remedy', [next]));
  return { text: stripped(text).trim() || 'Lifeguard', blocks };
}

function noteText(incident: Incident, event: Event, view: ViewContext): string | undefined {
  switch (event.type) {
    case 'Acknowledged':
      return `:raised_hand: ${person(event.by)} has it${event.by.via === 'pagerduty' ? ' (acknowledged in PagerDuty)' : ''}.`;
    case 'IncidentReopened':
      return `:red_circle: Firing again: *${plain(event.why, 150)}*, since ${time(event.startsAt)}.`;
    case 'LevelReached':
      return reachedText(event, view.onCall?.(incident.pool, event.level));
    case 'Paged':
      return pagedText(incident, event);
    case 'PageFailed':
      return pageFailedText(incident, event, view.policy);
    case 'PageMoved':
      return pageMovedText(incident, event);
    case 'DataCorruptionSuspected':
      return `:rotating_light: ${person(event.by)} suspects damaged data${event.evidence === undefined ? '' : `: ${plain(event.evidence, 300)}`}.`;
    case 'DatabaseUnresponsive':
      return unresponsiveText(event);
    case 'DatabaseResponsive':
      return `:electric_plug: The database answers again, after ${duration(Date.parse(event.at) - Date.parse(event.since))}.`;
    case 'ServicesAffected':
      return servicesText(event);
    case 'Snoozed':
      return `:zzz: ${person(event.by)} puts level ${event.level} off until ${time(event.until)}: ${plain(event.reason, 300)}`;
    case 'SnoozeEnded':
      return `:alarm_clock: ${CONDITIONS[event.condition]}: the snooze is over.`;
    case 'HandedOver':
      return handedOverText(event);
    case 'PageAssigned':
    case 'PageNotAssigned':
      return pageAssignedText(event);
    case 'RootCauseNamed':
      return `:mag: ${person(event.by)} ${event.confirmed ? 'confirms the root cause' : 'names the root cause'}: ${plain(event.title, 300)}.`;
    case 'RemedyEnded': {
      const request = incident.requests[event.request];
      if (request === undefined) return undefined;
      return `*${plain(request.preview.title, 200)}*\n${outcomeText(request)}`;
    }
    case 'UndoDelayed':
      return `:warning: *Not undone yet:* ${titleOf(incident, event.request)}\n${withCode(event.detail)}; it is tried again.`;
    case 'UndoEnded': {
      const request = incident.requests[event.request];
      if (request === undefined) return undefined;
      return `*Undo: ${plain(request.preview.title, 200)}*\n${markOf(event.outcome)} ${withCode(event.detail)}${undoneBy(request)}`;
    }
    case 'Mitigated':
      return `:large_green_circle: *Mitigated* by: ${titleOf(incident, event.request)}\n${readingText(event.before, event.after)}${pictureInWords(incident, event.request)}`;
    case 'FixFailed':
      return fixFailedText(incident, event);
    case 'Resolved':
      return resolvedText(incident, event);
    case 'FollowUpReminded':
      return reminderText(incident, event.item);
    case 'EffectDied':
      return `:x: Gave up on ${plain(event.kind, 60)} (${plain(event.effect, 60)}): ${plain(event.detail, 300)}`;
    default:
      return undefined;
  }
}

function reminderText({ followUps }: Incident, id: string): string | undefined {
  const item = followUps?.find((one) => one.id === id);
  if (item === undefined) return undefined;
  const who = item.assignee === undefined ? 'Somebody' : person(item.assignee);
  return `:alarm_clock: ${who}: due today, *${plain(item.title, 200)}*. Press Done in the list when it is.`;
}

/** What stands in the place of the chart where it could not be shared. */
function pictureInWords(incident: Incident, request: string): string {
  const instead = incident.files[`mitigation-${request}`]?.instead;
  return instead === undefined ? '' : `\n${plain(instead, 300)}`;
}

function titleOf(incident: Incident, request: string): string {
  return plain(incident.requests[request]?.preview.title ?? 'the last remedy', 200);
}

/** On whose word it was undone; of what became of an undoing before this one nothing is said. */
function undoneBy({ undo }: RemedyRequest): string {
  if (undo?.by === undefined) return '';
  return undo.by.via === 'system' ? ', as its time was up' : `, asked for by ${person(undo.by)}`;
}

function fixFailedText(incident: Incident, event: Extract<Event, { type: 'FixFailed' }>): string {
  const pool =
    event.after === undefined
      ? 'The pool could not be measured.'
      : `${readingText(event.before, event.after)}, which is not enough.`;
  const next =
    suggestedButton(incident) === undefined
      ? 'All checks run again, to see what is so now.'
      : 'All checks run again; the next best remedy is below.';
  return `:x: *That did not help enough:* ${titleOf(incident, event.request)}\n${pool}\n${next}`;
}

function handedOverText({ by, from, to }: Extract<Event, { type: 'HandedOver' }>): string {
  if (by.id === to.id) {
    return `:handshake: ${person(to)} takes it over${from === undefined ? '' : ` from ${person(from)}`}.`;
  }
  const whose = from === undefined || from.id === by.id ? '' : `, who takes it over from ${person(from)}`;
  return `:handshake: ${person(by)} hands it over to ${person(to)}${whose}.`;
}

function resolvedText(incident: Incident, event: Extract<Event, { type: 'Resolved' }>): string {
  const took = duration(Date.parse(event.at) - Date.parse(incident.startsAt));
  const firing = firingAlerts(incident).length;
  const who =
    event.by === undefined
      ? 'Resolved: all alerts have cleared'
      : `Resolved by ${person(event.by)}${firing > 0 ? ', while the alert still fires: it opens again if that goes on' : ''}`;
  return `:white_check_mark: ${who}. It took ${took}.`;
}

/** The fallback text: the same words without mrkdwn's marks. */
function stripped(text: string): string {
  return text
    .replace(/:[a-z_]+: ?/g, '')
    .replaceAll('*', '')
    .replace(/<!(?:here|channel|subteam\^\w+)> ?/g, '')
    .replace(/<!date\^\d+\^[^|]*\|([^>]*)>/g, '$1');
}
