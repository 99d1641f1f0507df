import { firingAlerts, type Incident } from '../incident/state.ts';
import type { Severity, TriggerEvent } from './event.ts';

/** So many causes, and lines of evidence for each, are worth reading on a telephone. */
const CAUSES = 3;
const EVIDENCE = 5;

/**
 * What the page of a level says: what is wrong, how bad it is, the way to the thread, the dashboard and
 * the runbook, and the verdict as far as there is one. Texts of queries were masked where they were found.
 *
 * @param links of the pool, by their names
 */
export function triggerOf(
  incident: Incident,
  level: number,
  links: Readonly<Record<string, string>>,
): Omit<TriggerEvent, 'action' | 'routingKey' | 'dedupKey'> {
  const name = incident.levels.find((one) => one.level === level)?.name ?? `level ${level}`;
  const { reading } = incident;
  const full = reading === undefined ? 'is nearly exhausted' : `at ${Math.round(reading.percent)} %`;
  const what = incident.pool === undefined ? incident.title : `${incident.pool} connection pool ${full}`;
  const thread = incident.thread?.permalink;
  return {
    summary: `${what} (level ${level}, ${name})`,
    source: incident.pool ?? incident.title,
    severity: severityOf(incident.severity),
    component: incident.pool ?? 'unknown pool',
    class: incident.title,
    links: [
      ...(thread === undefined ? [] : [{ href: thread, text: 'Slack thread' }]),
      ...Object.entries(links).map(([text, href]) => ({ href, text })),
      ...runbookLink(incident, links),
    ],
    ...(thread === undefined ? {} : { client: 'Lifeguard', clientUrl: thread }),
    timestamp: incident.startsAt,
    customDetails: detailsOf(incident, `${level} ${name}`),
  };
}

/** The annotation by which Prometheus' own rules name a runbook, unless the pool's links have one. */
function runbookLink(incident: Incident, links: Readonly<Record<string, string>>) {
  if (links['runbook'] !== undefined) return [];
  const named = firingAlerts(incident).flatMap(({ annotations }) => annotations['runbook_url'] ?? []);
  return named.slice(0, 1).map((href) => ({ href, text: 'runbook' }));
}

function detailsOf(incident: Incident, level: string): Readonly<Record<string, unknown>> {
  const { reading, acknowledged, rootCause, verdict, dataCorruption } = incident;
  const alert = firingAlerts(incident)[0];
  return {
    incident: incident.id,
    since: incident.startsAt,
    level,
    acknowledged: acknowledged?.by.name ?? acknowledged?.by.id ?? 'nobody yet',
    summary: alert?.annotations['summary'] ?? '',
    ...(reading === undefined ? {} : { connections: `${reading.used} of ${reading.usable}` }),
    ...(rootCause === undefined ? {} : { root_cause: rootCause.title }),
    ...(verdict === undefined ? {} : { verdict: verdictOf(verdict) }),
    ...(dataCorruption === undefined ? {} : { data_corruption: 'suspected' }),
  };
}

function verdictOf({ causes }: NonNullable<Incident['verdict']>): unknown {
  if (causes.length === 0) return 'nothing stands out';
  return causes.slice(0, CAUSES).map(({ title, confidence, probability, evidence, advice }) => ({
    cause: title,
    confidence: `${confidence} (${Math.round(probability * 100)} %)`,
    evidence: evidence.slice(0, EVIDENCE),
    advice,
  }));
}

/** A severity that PagerDuty does not know is no reason to let anybody sleep. */
function severityOf(severity: string): Severity {
  return severity === 'error' || severity === 'warning' || severity === 'info' ? severity : 'critical';
}
