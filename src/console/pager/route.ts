import type { Book } from './book.ts';
import { admit, type Call, type Reply, restError } from './call.ts';
import { createNote } from './create-note.ts';
import { enqueue } from './enqueue.ts';
import { getIncident } from './get-incident.ts';
import { listAbilities } from './list-abilities.ts';
import { listIncidents } from './list-incidents.ts';
import { listNotes } from './list-notes.ts';
import { listOncalls } from './list-oncalls.ts';
import { listServices } from './list-services.ts';
import { listUsers } from './list-users.ts';
import { updateIncident } from './update-incident.ts';

/** Does what a request asks for, by the Events API's rules or the REST API's. */
export function route(book: Book, call: Call): Reply {
  const where = `${call.method} ${call.path}`;
  if (where === 'POST /v2/enqueue') return enqueue(book, call);

  const admitted = admit(book.account, call);
  if ('refusal' in admitted) return admitted.refusal;
  if (where === 'GET /abilities') return listAbilities(call);
  if (where === 'GET /incidents') return listIncidents(book, call);
  if (where === 'GET /oncalls') return listOncalls(book, call);
  if (where === 'GET /users') return listUsers(book, call);
  if (where === 'GET /services') return listServices(book, call);
  const shown = /^GET \/incidents\/([^/]+)(\/notes)?$/.exec(where);
  if (shown?.[1] !== undefined) {
    const id = decodeURIComponent(shown[1]);
    return shown[2] === undefined ? getIncident(book, id) : listNotes(book, id);
  }
  const updated = /^PUT \/incidents\/([^/]+)$/.exec(where)?.[1];
  if (updated !== undefined) return updateIncident(book, call, decodeURIComponent(updated));
  const noted = /^POST \/incidents\/([^/]+)\/notes$/.exec(where)?.[1];
  if (noted !== undefined && admitted.user !== undefined) {
    return createNote(book, call, decodeURIComponent(noted), admitted.user);
  }
  return restError(404, 2100, 'Not Found');
}
