import { nextDue } from '../../incident/escalation.ts';
import type { EventOf } from '../../incident/events.ts';
import type { AtOnceCondition, Policy, Unless } from '../../incident/policy.ts';
import { type Incident, levelInForce, ownerOf, type ReachedLevel } from '../../incident/state.ts';
import { duration, person, plain, time } from './mrkdwn.ts';

/** A condition that skips the wait, as the thread says it. */
export const CONDITIONS: Readonly<Record<AtOnceCondition, string>> = {
  data_corruption: 'Data corruption suspected',
  database_unresponsive: 'The database does not answer',
  multiple_services: 'Several services affected',
  fix_failed: 'The fix did not help',
};

/** What has not happened, so that a level is called at its time. */
const MISSING: Readonly<Record<Unless, string>> = {
  acknowledged: 'nobody has acknowledged',
  root_cause_identified: 'no root cause named',
  mitigated: 'not mitigated',
  resolved: 'not resolved',
};

/**
 * What the thread says when a level is reached: who is called, why, and how late where it is late.
 *
 * @param onCall who is on call there, where that is known
 */
export function reachedText(event: EventOf<'LevelReached'>, onCall?: readonly string[]): string {
  const who = `level ${event.level}, *${plain(event.name, 80)}*${onCallText(onCall)}`;
  const how = event.pages ? 'paging' : 'now with';
  const late = event.lateMs === undefined ? '' : `, ${duration(event.lateMs)} late`;
  switch (event.why) {
    case 'due':
      return `:pager: ${event.pages ? 'Paging' : 'Now with'} ${who}${late}${missingText(event)}.`;
    case 'asked': {
      const reason = event.reason === undefined ? '' : `: ${plain(event.reason, 300)}`;
      return `:pager: ${event.by === undefined ? 'Someone' : person(event.by)} escalated: ${how} ${who}${reason}.`;
    }
    case 'at_once': {
      const why = event.condition === undefined ? 'It got worse' : CONDITIONS[event.condition];
      return `:pager: ${why}: ${how} ${who} at once.`;
    }
  }
}

/** In brackets behind a level; nothing where nobody knows. */
function onCallText(onCall: readonly string[] | undefined): string {
  if (onCall === undefined) return '';
  return onCall.length === 0
    ? ' (nobody is on call)'
    : ` (${onCall.map((name) => plain(name, 60)).join(', ')})`;
}

function missingText({ unless, afterMs }: EventOf<'LevelReached'>): string {
  if (unless === undefined || afterMs === undefined || afterMs === 0) return '';
  return `: ${MISSING[unless]} after ${duration(afterMs)}`;
}

/** The database is silent: since when, and why as far as that is known. */
export function unresponsiveText(silence: { readonly since: string; readonly detail?: string }): string {
  const why = silence.detail === undefined ? '' : `: ${plain(silence.detail, 300)}`;
  return `:electric_plug: *The database does not answer* since ${time(silence.since)}${why}`;
}

/** Several services are in trouble, and what shows it. */
export function servicesText(found: {
  readonly services: readonly string[];
  readonly alerts: readonly string[];
}): string {
  const services = found.services.length === 0 ? [] : [listed(found.services)];
  const alerts = found.alerts.length === 0 ? [] : [`firing too: ${listed(found.alerts)}`];
  return `:warning: *Several services affected:* ${[...services, ...alerts].join('; ')}`;
}

const MOST_NAMES = 6;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map((name) => plain(name, 80));
  const more = names.length - shown.length;
  return more === 0 ? shown.join(', ') : `${shown.join(', ')} and ${more} more`;
}

/** Who has it, since when, and whether they have said so. */
export function ownerText(incident: Incident): string {
  const owner = ownerOf(incident);
  if (owner === undefined) return 'nobody yet';
  const from = owner.handedBy === undefined || owner.handedBy.id === owner.person.id;
  const handed = from ? '' : `, handed over by ${person(owner.handedBy ?? owner.person)}`;
  return `${person(owner.person)} since ${time(owner.at)}${handed}${acknowledgedText(incident)}`;
}

/** Said where it is not the owner's own acknowledgement. */
function acknowledgedText({ acknowledged, owner, status }: Incident): string {
  if (owner?.handedBy === undefined) return '';
  if (acknowledged === undefined) return status === 'open' ? ', *not acknowledged yet*' : '';
  return `\nacknowledged by ${person(acknowledged.by)} ${time(acknowledged.at)}`;
}

/** The level in force, since when, and how its page fares. */
export function levelText(incident: Incident): string {
  const level = levelInForce(incident);
  const reached = incident.levels.findLast((one) => one.level === level);
  return reached === undefined
    ? 'none yet'
    : `${level} ${plain(reached.name, 80)}${pageState(reached.page)} ${time(reached.at)}`;
}

/** The levels called besides the one in force, lowest first; `undefined` where there are none. */
export function calledBefore(incident: Incident): string | undefined {
  const level = levelInForce(incident);
  const others = incident.levels.filter((one) => one.level !== level).toSorted((a, b) => a.level - b.level);
  if (others.length === 0) return undefined;
  return others.map(calledText).join('\n');
}

function calledText({ level, name, page, at }: ReachedLevel): string {
  return `${level} ${plain(name, 80)}${pageState(page)} ${time(at)}`;
}

function pageState(page: ReachedLevel['page']): string {
  switch (page) {
    case 'sent':
      return ', paged';
    case 'failing':
      return ', :warning: *page not delivered yet*';
    case 'failed':
      return ', :x: *page refused*';
    default:
      return '';
  }
}

/** Which level falls due next, when, and by whom it was put off. */
export function nextText(incident: Incident, policy: Policy): string {
  const next = nextDue(incident, policy);
  if (next === undefined) return 'no further level';
  const snooze = incident.snoozes?.findLast(
    (one) => one.isOver !== true && Date.parse(one.until) === next.at && one.level <= next.level,
  );
  const why =
    snooze === undefined ? '' : `\n:zzz: put off by ${person(snooze.by)}: ${plain(snooze.reason, 200)}`;
  return `level ${next.level} ${plain(next.name, 80)} at ${time(next.at)}${why}`;
}

/** Whether the next level can be put off: each once, and none while damaged data is suspected. */
export function isSnoozable(incident: Incident, policy: Policy): boolean {
  const next = nextDue(incident, policy);
  if (next === undefined || incident.dataCorruption !== undefined) return false;
  return incident.snoozes?.some(({ level }) => level === next.level) !== true;
}
