import { type Alert, alertName, type KnownAlert } from '../alerts.ts';
import type { CommandOf } from '../commands.ts';
import { dueLevels } from '../escalation.ts';
import type { Event } from '../events.ts';
import { evolve } from '../evolve.ts';
import type { Policy } from '../policy.ts';
import { firingAlerts, type Incident } from '../state.ts';
import { findServices } from './at-once.ts';
import type { Decision } from './decision.ts';
import { NOTHING } from './decision.ts';
import { startSteps } from './diagnosis.ts';
import { resolution } from './resolution.ts';

/**
 * After a person resolved an incident whose alert still fires, Alertmanager goes on repeating it.
 * Repeats within this time are echoes of what the person saw; a later one means it never went away.
 */
export const ECHO_MS = 5 * 60_000;

/**
 * Alerts of one pool (or of one group that matches no pool) meet the incident they belong to.
 *
 * - a firing alert opens an incident, or joins the open one; a repeat changes nothing
 * - a firing alert after a resolve reopens the incident within `reopenWithinMs`; the store does not
 *   offer older incidents, so a later one opens a new incident
 * - the last alert that clears resolves the incident
 * - a late copy of a firing that has cleared since (same fingerprint and `startsAt`) is ignored: a
 *   cluster of Alertmanagers may deliver in any order
 */
export function receiveAlerts(
  state: Incident | undefined,
  command: CommandOf<'ReceiveAlerts'>,
  now: Date,
  policy: Policy,
): Decision {
  const at = now.toISOString();
  const events: Event[] = [];
  let next = state;
  const add = (event: Event): void => {
    events.push(event);
    next = evolve(next, event);
  };

  for (const alert of command.alerts) {
    if (alert.status === 'resolved') continue;
    if (next !== undefined && !isNews(next, alert, now)) continue;
    if (next === undefined) {
      add(openedBy(command, alert, at, policy));
      add({ type: 'AlertFired', at, alert: known(alert) });
      for (const started of startSteps(next, at, policy)) add(started);
    } else {
      if (next.status === 'resolved') {
        add({
          type: 'IncidentReopened',
          at,
          startsAt: reopensFrom(next, alert, at),
          why: alertName(alert.labels),
        });
        add({ type: 'AlertFired', at, alert: known(alert) });
        for (const started of startSteps(next, at, policy)) add(started);
      } else {
        add({ type: 'AlertFired', at, alert: known(alert) });
      }
    }
  }

  for (const alert of command.alerts) {
    if (alert.status !== 'resolved' || next === undefined) continue;
    const known = next.alerts[alert.fingerprint];
    if (known === undefined || !known.firing || Date.parse(alert.startsAt) < Date.parse(known.startsAt))
      continue;
    add({
      type: 'AlertCleared',
      at,
      fingerprint: alert.fingerprint,
      name: known.name,
      endsAt: alert.endsAt ?? at,
    });
  }

  if (next === undefined || events.length === 0) return NOTHING;
  if (next.status === 'open' && firingAlerts(next).length === 0 && Object.keys(next.alerts).length > 0) {
    for (const event of resolution(next, { at, how: 'alerts' }, policy)) add(event);
  }
  for (const event of findServices(next, now, policy)) add(event);
  for (const event of dueLevels(next, now, policy)) add(event);
  return { events };
}

function isNews(state: Incident, alert: Alert, now: Date): boolean {
  const before = state.alerts[alert.fingerprint];
  if (before === undefined) return true;
  if (Date.parse(alert.startsAt) > Date.parse(before.startsAt)) return true;
  if (!before.firing) return false;
  if (state.status === 'open') return false;
  const resolvedAt = state.resolved === undefined ? 0 : Date.parse(state.resolved.at);
  return now.getTime() - resolvedAt > ECHO_MS;
}

/** A repeat of what a person had closed counts from now; a fresh firing from its own start. */
function reopensFrom(state: Incident, alert: Alert, at: string): string {
  const before = state.alerts[alert.fingerprint];
  const repeated = before !== undefined && Date.parse(before.startsAt) === Date.parse(alert.startsAt);
  return repeated ? at : notAfter(alert.startsAt, at);
}

/** A clock that runs ahead of ours must not put off the first page. */
function notAfter(time: string, limit: string): string {
  return Date.parse(time) > Date.parse(limit) ? limit : new Date(time).toISOString();
}

function openedBy(command: CommandOf<'ReceiveAlerts'>, first: Alert, at: string, policy: Policy): Event {
  const earliest = command.alerts
    .filter((alert) => alert.status === 'firing')
    .reduce(
      (low, alert) => (Date.parse(alert.startsAt) < Date.parse(low) ? alert.startsAt : low),
      first.startsAt,
    );
  return {
    type: 'IncidentOpened',
    at,
    kind: 'incident',
    id: command.id,
    ...(policy.pool === undefined ? {} : { pool: policy.pool.name }),
    channel: policy.channel,
    title: alertName(first.labels),
    severity: first.labels['severity'] ?? 'critical',
    startsAt: notAfter(earliest, at),
    source: command.source,
  };
}

function known(alert: Alert): KnownAlert {
  return {
    fingerprint: alert.fingerprint,
    name: alertName(alert.labels),
    labels: alert.labels,
    annotations: alert.annotations,
    startsAt: alert.startsAt,
    ...(alert.generatorURL === undefined ? {} : { generatorURL: alert.generatorURL }),
    firing: true,
  };
}
