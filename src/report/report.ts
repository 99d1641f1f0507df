import type { Event } from '../incident/events.ts';
import { fold } from '../incident/evolve.ts';
import type { PoolReading } from '../incident/remedy.ts';
import type { Incident } from '../incident/state.ts';
import { duration } from '../incident/words.ts';
import { type NameOf, namesFrom } from './names.ts';
import { remediesOf } from './remedy-words.ts';
import { levelWhy, timelineOf } from './timeline.ts';
import type { Cause, Durations, FollowUpLeft, LevelCalled, RemedyDone, Report } from './types.ts';

/**
 * The report of an incident, read off its events alone: the same events always give the same report.
 *
 * @param events all of one incident, in order
 * @param nameOf how people are called; without it by what the events keep of them
 * @returns `undefined` for an empty stream
 */
export function reportOf(events: readonly Event[], nameOf: NameOf = namesFrom()): Report | undefined {
  const incident = fold(events);
  if (incident === undefined) return undefined;
  const durations = durationsOf(incident, events);
  const cause = causeOf(incident, events, nameOf);
  const remedies = remediesOf(incident, events, nameOf);
  const escalation = levelsOf(events, nameOf);
  const readings = readingsOf(events);
  const { resolved } = incident;
  return {
    incident: incident.id,
    title: incident.title,
    severity: incident.severity,
    ...(incident.pool === undefined ? {} : { pool: incident.pool }),
    status: incident.status,
    ...(incident.thread?.permalink === undefined ? {} : { thread: incident.thread.permalink }),
    startsAt: incident.startsAt,
    openedAt: incident.openedAt,
    ...(resolved === undefined ? {} : { resolvedAt: resolved.at }),
    ...(resolved?.by === undefined ? {} : { resolvedBy: nameOf(resolved.by) }),
    firings: incident.firing,
    durations,
    summary: summaryOf(incident, { durations, cause, remedies, escalation, readings }),
    ...(cause === undefined ? {} : { cause }),
    remedies,
    escalation,
    timeline: timelineOf(incident, events, nameOf),
    readings,
    followUps: followUpsOf(incident, nameOf),
  };
}

/**
 * From the beginning of the first firing: that is when people began to suffer. Resolved is the last time, since
 * an incident that opened again was not over before.
 */
function durationsOf(incident: Incident, events: readonly Event[]): Durations {
  const opened = events.find((event) => event.type === 'IncidentOpened');
  const began = Date.parse(opened?.type === 'IncidentOpened' ? opened.startsAt : incident.startsAt);
  const since = (at: string | undefined): number | undefined =>
    at === undefined ? undefined : Math.max(0, Date.parse(at) - began);
  const first = (type: Event['type']) => since(events.find((event) => event.type === type)?.at);
  const acknowledgeMs = first('Acknowledged');
  const verdictMs = first('VerdictReached');
  const mitigateMs = since(incident.mitigatedAt);
  const resolveMs = since(incident.resolved?.at);
  return {
    detectMs: since(opened?.at) ?? 0,
    ...(acknowledgeMs === undefined ? {} : { acknowledgeMs }),
    ...(verdictMs === undefined ? {} : { verdictMs }),
    ...(mitigateMs === undefined ? {} : { mitigateMs }),
    ...(resolveMs === undefined ? {} : { resolveMs }),
  };
}

function causeOf(incident: Incident, events: readonly Event[], nameOf: NameOf): Cause | undefined {
  const { rootCause, verdict } = incident;
  const named = events.findLast((event) => event.type === 'RootCauseNamed');
  const first = verdict?.causes[0];
  if (rootCause !== undefined) {
    const id = named?.type === 'RootCauseNamed' ? named.cause : undefined;
    const found = id === undefined ? undefined : verdict?.causes.find(({ cause }) => cause === id);
    return {
      title: rootCause.title,
      by: nameOf(rootCause.by),
      evidence: found?.evidence ?? [],
      ...(found === undefined ? {} : { advice: found.advice }),
      others: othersThan(incident, found?.title ?? rootCause.title),
    };
  }
  if (first === undefined) return undefined;
  return {
    title: first.title,
    probability: first.probability,
    evidence: first.evidence,
    advice: first.advice,
    others: othersThan(incident, first.title),
  };
}

function othersThan({ verdict }: Incident, title: string): Cause['others'] {
  return (verdict?.causes ?? [])
    .filter((one) => one.title !== title)
    .map(({ title: other, probability }) => ({ title: other, probability }));
}

function levelsOf(events: readonly Event[], nameOf: NameOf): LevelCalled[] {
  return events.flatMap((event, index) => {
    if (event.type !== 'LevelReached') return [];
    const next = events.findIndex(
      (other, at) => at > index && other.type === 'LevelReached' && other.level === event.level,
    );
    const until = next === -1 ? events.length : next;
    const isSent = events
      .slice(index, until)
      .some((other) => other.type === 'Paged' && other.level === event.level);
    const page = event.pages ? (isSent ? 'sent' : 'not_sent') : 'none';
    return [{ level: event.level, name: event.name, at: event.at, why: levelWhy(event, nameOf), page }];
  });
}

/** Each measurement once: a step and what followed from it may tell the same one. */
function readingsOf(events: readonly Event[]): PoolReading[] {
  const all = events.flatMap((event): (PoolReading | undefined)[] => {
    switch (event.type) {
      case 'StepFinished':
        return [event.reading];
      case 'RemedyEnded':
      case 'Mitigated':
      case 'FixFailed':
        return [event.before, event.after];
      default:
        return [];
    }
  });
  const byMoment = new Map(
    all
      .filter((reading) => reading !== undefined)
      .map((reading) => [`${reading.at} ${reading.of ?? ''}`, reading]),
  );
  return [...byMoment.values()].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function followUpsOf({ followUps = [] }: Incident, nameOf: NameOf): FollowUpLeft[] {
  return followUps.map(({ title, assignee, due, closed }) => ({
    title,
    ...(assignee === undefined ? {} : { assignee: nameOf(assignee) }),
    ...(due === undefined ? {} : { due }),
    done: closed !== undefined,
  }));
}

interface Parts {
  readonly durations: Durations;
  readonly cause: Cause | undefined;
  readonly remedies: readonly RemedyDone[];
  readonly escalation: readonly LevelCalled[];
  readonly readings: readonly PoolReading[];
}

function summaryOf(incident: Incident, parts: Parts): string[] {
  const { durations, cause, remedies, escalation, readings } = parts;
  const where = incident.pool === undefined ? incident.title : `Pool ${incident.pool}: ${incident.title}`;
  const peak = readings
    .filter(({ of }) => of === undefined)
    .reduce<PoolReading | undefined>(
      (highest, one) => (highest === undefined || one.percent > highest.percent ? one : highest),
      undefined,
    );
  const lasted =
    durations.resolveMs === undefined
      ? 'It is not resolved yet.'
      : `It lasted ${duration(durations.resolveMs)}.`;
  const full =
    peak === undefined
      ? ''
      : ` At its highest measurement the pool had ${peak.used} of ${peak.usable} usable connections in use (${Math.round(peak.percent)} %).`;
  const helped = remedies.filter(({ end }) => end === 'helped');
  const failed = remedies.filter(({ end }) => end === 'did_not_help');
  const paged = escalation.filter(({ page }) => page === 'sent').map(({ level }) => `L${level}`);
  return [
    `${where}. ${lasted}${full}`,
    cause === undefined
      ? 'The checks found nothing that stands out, and nobody named a root cause.'
      : `Root cause: ${cause.title}${cause.by === undefined ? ', by the verdict of the checks; nobody has confirmed it' : `, by the word of ${cause.by}`}.`,
    ...helped.map(({ title, approvedBy }) => `What helped: ${title}${approvals(approvedBy)}.`),
    ...failed.map(({ title }) => `What did not help: ${title}.`),
    ...(helped.length === 0 && incident.status === 'resolved'
      ? ['It ended without a remedy that was seen to help.']
      : []),
    paged.length === 0 ? 'Nobody was paged.' : `Paged: ${[...new Set(paged)].join(', ')}.`,
    ...(incident.firing > 1 ? [`It fired ${incident.firing} times.`] : []),
  ];
}

function approvals(names: readonly string[]): string {
  return names.length === 0 ? '' : `, approved by ${names.join(' and ')}`;
}
