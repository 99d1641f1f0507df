import { type Person, peopleOf } from './account.ts';
import { type Book, incidentJson } from './book.ts';
import { type Call, isObject, objectOf, type Reply, restError } from './call.ts';

/** The fields that are understood here; any other is refused rather than ignored. */
const KNOWN = ['type', 'status', 'escalation_level', 'assignments'];

/** `PUT /incidents/{id}`: acknowledge, resolve, move to a level of the escalation policy, or give to users. */
export function updateIncident(book: Book, call: Call, id: string): Reply {
  const change = objectOf(call.body)?.incident;
  if (!isObject(change)) return restError(400, 2003, 'Missing Arguments', ['incident is missing']);
  const incident = book.incidents.find((one) => one.id === id);
  if (incident === undefined) return restError(404, 5001, 'Incident Not Found');
  const { status, escalation_level: level, assignments } = change;
  const chosen = assignments === undefined ? [] : usersIn(book, assignments);
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
    ...(chosen === undefined ? ['Assignee Not Found'] : []),
  ];
  if (faults.length > 0) return restError(400, 2001, 'Invalid Input Provided', faults);
  if (incident.status === 'resolved') return restError(400, 1001, 'Incident Already Resolved');
  if (typeof level === 'number') {
    if (level < 1 || level > incident.service.policy.levels.length)
      return restError(400, 1006, 'Cannot Escalate');
    // Escalating pages again, so what had been acknowledged is no longer.
    incident.level = level;
    incident.status = 'triggered';
    delete incident.assignedTo;
  }
  if (chosen !== undefined && chosen.length > 0) {
    // So does giving it to somebody.
    incident.assignedTo = chosen;
    incident.status = 'triggered';
  }
  if (status === 'acknowledged' || status === 'resolved') incident.status = status;
  incident.updatedAt = book.now().toISOString();
  return { status: 200, body: { incident: incidentJson(incident) } };
}

/** The users that are named by references, at least one; `undefined` when one of them is none. */
function usersIn(book: Book, assignments: unknown): readonly Person[] | undefined {
  if (!Array.isArray(assignments) || assignments.length === 0) return undefined;
  const people = peopleOf(book.account);
  const found = assignments.map((entry: unknown) => {
    const assignee = isObject(entry) ? entry.assignee : undefined;
    if (!isObject(assignee) || assignee.type !== 'user_reference') return undefined;
    return people.find(({ id }) => id === assignee.id);
  });
  return found.includes(undefined) ? undefined : found.filter((person) => person !== undefined);
}
