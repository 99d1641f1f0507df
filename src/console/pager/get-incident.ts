import { type Book, incidentJson } from './book.ts';
import { type Reply, restError } from './call.ts';

/** `GET /incidents/{id}` */
export function getIncident(book: Book, id: string): Reply {
  const incident = book.incidents.find((one) => one.id === id);
  if (incident === undefined) return restError(404, 5001, 'Incident Not Found');
  return { status: 200, body: { incident: incidentJson(incident) } };
}
