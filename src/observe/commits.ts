import type { Command } from '../incident/commands.ts';
import type { Event, EventOf } from '../incident/events.ts';
import type { Incident } from '../incident/state.ts';
import type { Committed } from '../store/store.ts';
import type { Instruments } from './instruments.ts';

/** Counts all that a commit tells: the figures are read off the same events as the timeline. Never throws. */
export function countCommit(instruments: Instruments, committed: Committed, command: Command): void {
  if (command.type === 'ReceiveAlerts') {
    for (const alert of command.alerts) instruments.alertsReceived.inc({ status: alert.status });
  }
  const { incident } = committed;
  if (incident === undefined) return;
  for (const event of committed.events) countEvent(instruments, incident, event);
}

function countEvent(to: Instruments, incident: Incident, event: Event): void {
  const isIncident = incident.kind === 'incident';
  switch (event.type) {
    case 'IncidentOpened':
      if (isIncident) to.incidents.inc({ outcome: 'opened' });
      return;
    case 'IncidentReopened':
      to.incidents.inc({ outcome: 'reopened' });
      return;
    case 'Acknowledged':
      if (isIncident) observe(to.timeToAcknowledge, incident, event.at);
      return;
    case 'Resolved':
      if (!isIncident) return;
      to.incidents.inc({ outcome: `resolved_by_${event.how}` });
      observe(to.timeToResolve, incident, event.at);
      // Once a firing, and the mitigation that held; where none was proved, the end of the incident is one.
      observe(to.timeToMitigate, incident, incident.mitigatedAt ?? event.at);
      return;
    case 'LevelReached':
      to.escalations.inc({ level: event.level, why: event.why });
      return;
    case 'Paged':
      to.pages.inc({ level: event.level, outcome: 'sent' });
      return;
    case 'PageFailed':
      to.pages.inc({ level: event.level, outcome: event.final ? 'failed' : 'retried' });
      return;
    case 'ActRefused':
      to.actsRefused.inc();
      return;
    case 'StepFinished':
      if (event.reading !== undefined) setUtilisation(to, incident, event.reading.percent);
      return;
    case 'RemedyEnded':
      countRemedy(to, incident, event);
      return;
    default:
      return;
  }
}

function countRemedy(to: Instruments, incident: Incident, event: EventOf<'RemedyEnded'>): void {
  const request = incident.requests[event.request];
  if (request !== undefined) to.remedies.inc({ action: request.action, outcome: event.outcome });
  if (event.after !== undefined) setUtilisation(to, incident, event.after.percent);
}

function setUtilisation(to: Instruments, incident: Incident, percent: number): void {
  if (incident.pool !== undefined && Number.isFinite(percent)) {
    to.poolUtilisation.set({ pool: incident.pool }, percent);
  }
}

function observe(histogram: Instruments['timeToResolve'], incident: Incident, at: string): void {
  const seconds = (Date.parse(at) - Date.parse(incident.startsAt)) / 1_000;
  // The alert's clock is another machine's: a start in our future is a start just now.
  if (Number.isFinite(seconds)) histogram.observe(Math.max(0, seconds));
}
