import { peopleOf } from './account.ts';
import type { Book } from './book.ts';
import { type Call, type Reply, restError } from './call.ts';

/** The parameters of the description that are understood here; any other is refused rather than ignored. */
const KNOWN = ['query', 'limit', 'offset'];

/** `GET /users`: those whose name or address has `query` in it. */
export function listUsers(book: Book, call: Call): Reply {
  const { query } = call;
  const limit = Number(query.get('limit') ?? 25);
  const offset = Number(query.get('offset') ?? 0);
  const faults = [
    ...[...query.keys()].filter((key) => !KNOWN.includes(key)).map((key) => `${key} is not understood here`),
    ...(Number.isInteger(limit) && limit >= 1 && limit <= 100 ? [] : ['limit must be 1 to 100']),
    ...(Number.isInteger(offset) && offset >= 0 ? [] : ['offset must be 0 or more']),
  ];
  if (faults.length > 0) return restError(400, 2001, 'Invalid Input Provided', faults);
  const wanted = (query.get('query') ?? '').toLowerCase();
  const users = peopleOf(book.account).filter(({ name, email }) =>
    [name, email].some((text) => text.toLowerCase().includes(wanted)),
  );
  return {
    status: 200,
    body: {
      users: users
        .slice(offset, offset + limit)
        .map(({ id, name, email }) => ({ id, type: 'user', summary: name, name, email, role: 'user' })),
      limit,
      offset,
      total: null,
      more: users.length > offset + limit,
    },
  };
}
