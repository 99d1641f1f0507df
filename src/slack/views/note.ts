import type { Event } from '../../incident/events.ts';
import type { RemedyRequest } from '../../incident/remedy.ts';
import { firingAlerts, type Incident } from '../../incident/state.ts';
import { pagedText, pageFailedText } from './alarm.ts';
import { actions, type Block, section, type View } from './blocks.ts';
import { duration, person, plain, time } from './mrkdwn.ts';
import { pageMovedText } from './page-moves.ts';
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
      return levelText(event, view.onCall?.(incident.pool, event.level));
    case 'Paged':
      return pagedText(incident, event);
    case 'PageFailed':
      return pageFailedText(incident, event, view.policy);
    case 'PageMoved':
      return pageMovedText(incident, event);
    case 'DataCorruptionSuspected':
      return `:rotating_light: ${person(event.by)} suspects damaged data.`;
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

/** @param onCall who is on call there, where that is known */
function levelText(
  event: Extract<Event, { type: 'LevelReached' }>,
  onCall: readonly string[] | undefined,
): string {
  const who = `level ${event.level}, *${plain(event.name, 80)}*${onCallText(onCall)}`;
  const how = event.pages ? 'paging' : 'now with';
  const late = event.lateMs === undefined ? '' : `, ${duration(event.lateMs)} late`;
  switch (event.why) {
    case 'due':
      return `:pager: ${capital(how)} ${who}${late}.`;
    case 'asked':
      return `:pager: ${event.by === undefined ? 'Someone' : person(event.by)} escalated: ${how} ${who}.`;
    case 'at_once':
      return `:pager: ${capital((event.condition ?? '').replaceAll('_', ' '))}: ${how} ${who} at once.`;
  }
}

/** In brackets behind a level; nothing where nobody knows. */
function onCallText(onCall: readonly string[] | undefined): string {
  if (onCall === undefined) return '';
  return onCall.length === 0
    ? ' (nobody is on call)'
    : ` (${onCall.map((name) => plain(name, 60)).join(', ')})`;
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

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** The fallback text: the same words without mrkdwn's marks. */
function stripped(text: string): string {
  return text
    .replace(/:[a-z_]+: ?/g, '')
    .replaceAll('*', '')
    .replace(/<!(?:here|channel|subteam\^\w+)> ?/g, '')
    .replace(/<!date\^\d+\^[^|]*\|([^>]*)>/g, '$1');
}
