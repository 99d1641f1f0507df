import { peopleOf, reference } from './account.ts';
import type { Book } from './book.ts';
import { type Reply, restError } from './call.ts';

/** `GET /incidents/{id}/notes` */
export function listNotes(book: Book, id: string): Reply {
  const incident = book.incidents.find((one) => one.id === id);
  if (incident === undefined) return restError(404, 5001, 'Incident Not Found');
  const people = peopleOf(book.account);
  return {
    status: 200,
    body: {
      notes: incident.notes.map(({ id: note, content, by, at }) => ({
        id: note,
        user: reference('user', by, people.find((person) => person.id === by)?.name ?? by),
        channel: { summary: 'The PagerDuty website or APIs' },
        content,
        created_at: at,
      })),
    },
  };
}
