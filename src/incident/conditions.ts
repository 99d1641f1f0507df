import type { DamageFacts } from './facts.ts';
import { firingAlerts, type Incident } from './state.ts';

/** The alerts that the runbook names as related to an exhausted pool. */
export const RELATED_ALERTS: readonly string[] = [
  'HighDatabaseQueryLatency',
  'HighAPILatency',
  'HighErrorRate',
  'AnomalousAPIUsage',
];

/** What shows that more than one service is in trouble. */
export interface AffectedServices {
  /** By their `service` or `job` labels; none where only the related alerts say so. */
  readonly services: readonly string[];
  /** The related alerts that fire. */
  readonly alerts: readonly string[];
}

/**
 * Whether several services are in trouble, by the alerts that fire now: they name several, or a related alert
 * fires beside another one.
 *
 * @param related names of related alerts
 */
export function affectedServices(
  incident: Incident,
  related: readonly string[] = RELATED_ALERTS,
): AffectedServices | undefined {
  const firing = firingAlerts(incident);
  const names = [...new Set(firing.map(({ name }) => name))];
  const beside = names.filter((name) => related.includes(name));
  const services = servicesIn(firing.map(({ labels }) => labels));
  const alerts = names.length > 1 ? beside : [];
  if (services.length < 2 && alerts.length === 0) return undefined;
  return { services: services.length < 2 ? [] : services, alerts };
}

/**
 * The services that labels name: `service`, or else `job`, which is what Prometheus calls what it scrapes. A job
 * that is known with its service is not counted a second time.
 */
function servicesIn(labels: readonly Readonly<Record<string, string>>[]): string[] {
  const named = labels.filter(({ service = '' }) => service !== '');
  const jobs = new Set(named.map(({ job }) => job));
  const found = labels.flatMap(({ service = '', job = '' }) => {
    if (service !== '') return [service];
    return job === '' || jobs.has(job) ? [] : [job];
  });
  return [...new Set(found)].sort();
}

/** A wrong checksum that was met this long before the incident began may have to do with it. */
const CHECKSUM_WINDOW_MS = 60 * 60_000;

/**
 * What speaks for damaged data, in words for people; `undefined` where nothing does. Wrong checksums of long ago
 * are another story: the counter of PostgreSQL is never set back by itself.
 */
export function damageEvidence(incident: Incident): string | undefined {
  for (const { facts, running } of Object.values(incident.steps)) {
    const damage = facts?.damage;
    if (damage === undefined || running) continue;
    const before = Date.parse(incident.startsAt) - CHECKSUM_WINDOW_MS;
    if (damage.kind === 'sqlstate' || Date.parse(damage.lastAt) >= before) return damageText(damage);
  }
  return undefined;
}

/** A sign of damaged data, in one line. */
export function damageText(damage: DamageFacts): string {
  if (damage.kind === 'sqlstate') return `SQLSTATE ${damage.sqlstate}: ${damage.message}`;
  const { database, failures, lastAt } = damage;
  const checksums = failures === 1 ? '1 wrong checksum' : `${failures} wrong checksums`;
  return `${checksums} in database ${database}, the last ${lastAt.slice(0, 10)} ${lastAt.slice(11, 19)} UTC`;
}
