import { type Person, reference } from './account.ts';
import type { Book } from './book.ts';
import { type Call, isObject, objectOf, type Reply, restError } from './call.ts';

/** `POST /incidents/{id}/notes` */
export function createNote(book: Book, call: Call, id: string, user: Person): Reply {
  const note = objectOf(call.body)?.note;
  const content = isObject(note) ? note.content : undefined;
  if (typeof content !== 'string' || content.trim() === '') {
    return restError(400, 2001, 'Invalid Input Provided', ['Note content cannot be blank']);
  }
  const incident = book.incidents.find((one) => one.id === id);
  if (incident === undefined) return restError(404, 5001, 'Incident Not Found');
  const at = book.now().toISOString();
  const added = { id: `PNOTE${incident.number}-${incident.notes.length + 1}`, content, by: user.id, at };
  incident.notes.push(added);
  return {
    status: 200,
    body: {
      note: {
        id: added.id,
        user: reference('user', user.id, user.name),
        channel: { summary: 'The PagerDuty website or APIs' },
        content,
        created_at: at,
      },
    },
  };
}
