import type { Event } from '../incident/events.ts';
import type { AtOnceCondition } from '../incident/policy.ts';
import type { PoolReading } from '../incident/remedy.ts';
import type { Incident } from '../incident/state.ts';
import { duration } from '../incident/words.ts';
import type { NameOf } from './names.ts';
import { remedyEvent } from './remedy-words.ts';
import type { Moment } from './types.ts';

/** A condition that skips the wait, in the words of a report. */
export const CONDITIONS: Readonly<Record<AtOnceCondition, string>> = {
  data_corruption: 'data corruption is suspected',
  database_unresponsive: 'the database does not answer',
  multiple_services: 'several services are affected',
  fix_failed: 'the fix did not help',
};

/**
 * Every event that tells a reader something, in order, as plain text; what only the program needs to know, such
 * as that a step has begun, is left out.
 */
export function timelineOf(incident: Incident, events: readonly Event[], nameOf: NameOf): Moment[] {
  return events.flatMap((event) => {
    const text = momentText(incident, event, nameOf);
    return text === undefined ? [] : [{ at: event.at, text }];
  });
}

function momentText(incident: Incident, event: Event, nameOf: NameOf): string | undefined {
  switch (event.type) {
    case 'IncidentOpened':
      return event.kind === 'incident'
        ? `The incident opened, by ${event.source}`
        : `Opened as a ${event.kind === 'warning' ? 'warning' : 'request'}`;
    case 'AlertFired':
      return `Alert ${event.alert.name} fires, since ${clockOf(event.alert.startsAt)}`;
    case 'AlertCleared':
      return `Alert ${event.name} has cleared`;
    case 'IncidentReopened':
      return `Firing again: ${event.why}`;
    case 'Acknowledged':
      return `${nameOf(event.by)} acknowledged${event.by.via === 'pagerduty' ? ', in PagerDuty' : ''}`;
    case 'Unacknowledged':
      return 'The acknowledgement ran out or was given back in PagerDuty: nobody has it';
    case 'HandedOver':
      return event.by.id === event.to.id
        ? `${nameOf(event.to)} took it over`
        : `${nameOf(event.by)} handed it over to ${nameOf(event.to)}`;
    case 'StepFinished':
      return `Step ${event.step}: ${event.findings.headline}${readingIn(event.reading)}`;
    case 'VerdictReached':
      return verdictText(event.verdict.causes[0], event.complete);
    case 'RootCauseNamed':
      return `${nameOf(event.by)} ${event.confirmed ? 'confirmed the root cause' : 'named the root cause'}: ${event.title}`;
    case 'DataCorruptionSuspected':
      return `${nameOf(event.by)} suspects damaged data${event.evidence === undefined ? '' : `: ${event.evidence}`}`;
    case 'DatabaseUnresponsive':
      return `The database does not answer, since ${clockOf(event.since)}${event.detail === undefined ? '' : `: ${event.detail}`}`;
    case 'DatabaseResponsive':
      return `The database answers again, after ${duration(Date.parse(event.at) - Date.parse(event.since))}`;
    case 'ServicesAffected':
      return `Several services are affected: ${[...event.services, ...event.alerts].join(', ')}`;
    case 'Resolved':
      return event.by === undefined ? 'Resolved: all alerts have cleared' : `Resolved by ${nameOf(event.by)}`;
    case 'ActRefused':
      return `Refused to ${nameOf(event.by)}: ${event.act} (${event.why})`;
    case 'EffectDied':
      return `Lifeguard gave up on ${event.kind}: ${event.detail}`;
    case 'FollowUpAssigned':
      return `${nameOf(event.by)} gave a follow-up to ${nameOf(event.to)}`;
    case 'FollowUpClosed':
      return `${nameOf(event.by)} closed a follow-up`;
    default:
      return escalationText(event, nameOf) ?? remedyEvent(incident, event, nameOf);
  }
}

function escalationText(event: Event, nameOf: NameOf): string | undefined {
  switch (event.type) {
    case 'LevelReached':
      return `Level ${event.level}, ${event.name}: ${levelWhy(event, nameOf)}${event.lateMs === undefined ? '' : `, ${duration(event.lateMs)} late`}`;
    case 'Paged':
      return `The page of level ${event.level} went out${event.way === 'fallback' ? ', by its second routing key' : ''}`;
    case 'PageFailed':
      return `The page of level ${event.level} has not gone out${event.final ? '' : ' yet'}: ${event.detail}`;
    case 'PageMoved':
      return event.told ? `In PagerDuty: level ${event.level} ${event.what.replaceAll('_', ' ')}` : undefined;
    case 'PageAssigned':
      return `The page of level ${event.level} was given to ${nameOf(event.to)} in PagerDuty`;
    case 'PageNotAssigned':
      return `The page of level ${event.level} could not be given to ${nameOf(event.to)}: ${event.why}`;
    case 'Snoozed':
      return `${nameOf(event.by)} put level ${event.level} off until ${clockOf(event.until)}: ${event.reason}`;
    case 'SnoozeEnded':
      return `The snooze is over: ${CONDITIONS[event.condition]}`;
    default:
      return undefined;
  }
}

/** Why a level was reached, in a few words. */
export function levelWhy(event: Extract<Event, { type: 'LevelReached' }>, nameOf: NameOf): string {
  switch (event.why) {
    case 'due':
      return event.afterMs === undefined || event.afterMs === 0
        ? 'due at once'
        : `due after ${duration(event.afterMs)}`;
    case 'asked': {
      const who = event.by === undefined ? 'asked for' : `${nameOf(event.by)} escalated`;
      return event.reason === undefined ? who : `${who}: ${event.reason}`;
    }
    case 'at_once':
      return event.condition === undefined ? 'at once' : `at once, ${CONDITIONS[event.condition]}`;
  }
}

function verdictText(
  first: { readonly title: string; readonly probability: number } | undefined,
  complete: boolean,
): string {
  const so = complete ? '' : ', while some checks had not come back';
  return first === undefined
    ? `Verdict: nothing stands out${so}`
    : `Most likely: ${first.title} (${Math.round(first.probability * 100)} %)${so}`;
}

function readingIn(reading: PoolReading | undefined): string {
  return reading === undefined ? '' : ` (${readingText(reading)})`;
}

/** A reading in figures, e.g. `97 of 97, 100 %`. */
export function readingText({ used, usable, percent }: PoolReading): string {
  return `${used} of ${usable}, ${Math.round(percent)} %`;
}

/** `03:04:05 UTC`. */
export function clockOf(iso: string): string {
  return `${iso.slice(11, 19)} UTC`;
}
