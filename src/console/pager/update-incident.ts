import { type Book, incidentJson } from './book.ts';
import { type Call, isObject, objectOf, type Reply, restError } from './call.ts';

/** The fields that are understood here; any other is refused rather than ignored. */
const KNOWN = ['type', 'status', 'escalation_level'];

/** `PUT /incidents/{id}`: acknowledge, resolve, or move to a level of the escalation policy. */
export function updateIncident(book: Book, call: Call, id: string): Reply {
  const change = objectOf(call.body)?.incident;
  if (!isObject(change)) return restError(400, 2003, 'Missing Arguments', ['incident is missing']);
  const incident = book.incidents.find((one) => one.id === id);
  if (incident === undefined) return restError(404, 5001, 'Incident Not Found');
  const { status, escalation_level: level } = change;
  const faults = [
    ...Object.keys(change)
      .filter((key) => !KNOWN.includes(key))
      .map((key) => `incident.${key} is not understood here`),
    ...(['incident', 'incident_reference'].includes(String(change.type)) ? [] : ['incident.type is invalid']),
    ...(status === undefined || ['acknowledged', 'resolved'].includes(String(status))
      ? []
      : ['Invalid Status']),
    ...(level === undefined || Number.isInteger(level)
      ? []
      : ['incident.escalation_level must be an integer']),
  ];
  if (faults.length > 0) return restError(400, 2001, 'Invalid Input Provided', faults);
  if (incident.status === 'resolved') return restError(400, 1001, 'Incident Already Resolved');
  if (typeof level === 'number') {
    if (level < 1 || level > incident.service.policy.levels.length)
      return restError(400, 1006, 'Cannot Escalate');
    // Escalating pages again, so what had been acknowledged is no longer.
    incident.level = level;
    incident.status = 'triggered';
  }
  if (status === 'acknowledged' || status === 'resolved') incident.status = status;
  incident.updatedAt = book.now().toISOString();
  return { status: 200, body: { incident: incidentJson(incident) } };
}
