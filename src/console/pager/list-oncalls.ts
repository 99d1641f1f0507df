import { reference } from './account.ts';
import type { Book } from './book.ts';
import { type Call, type Reply, restError } from './call.ts';

/** The parameters of the description that are understood here; any other is refused rather than ignored. */
const KNOWN = ['escalation_policy_ids[]', 'limit', 'offset'];

/** `GET /oncalls`: who is on call now. */
export function listOncalls(book: Book, call: Call): Reply {
  const { query } = call;
  const limit = Number(query.get('limit') ?? 25);
  const offset = Number(query.get('offset') ?? 0);
  const faults = [
    ...[...query.keys()].filter((key) => !KNOWN.includes(key)).map((key) => `${key} is not understood here`),
    ...(Number.isInteger(limit) && limit >= 1 && limit <= 100 ? [] : ['limit must be 1 to 100']),
    ...(Number.isInteger(offset) && offset >= 0 ? [] : ['offset must be 0 or more']),
  ];
  if (faults.length > 0) return restError(400, 2001, 'Invalid Input Provided', faults);

  const wanted = query.getAll('escalation_policy_ids[]');
  const policies = new Map(book.account.services.map(({ policy }) => [policy.id, policy]));
  const oncalls = [...policies.values()]
    .filter((policy) => wanted.length === 0 || wanted.includes(policy.id))
    .flatMap((policy) =>
      policy.levels.flatMap((people, index) =>
        people.map((person) => ({
          escalation_policy: reference('escalation_policy', policy.id, policy.name),
          escalation_level: index + 1,
          schedule: null,
          user: reference('user', person.id, person.name),
          start: null,
          end: person.until ?? null,
        })),
      ),
    );
  return {
    status: 200,
    body: {
      oncalls: oncalls.slice(offset, offset + limit),
      limit,
      offset,
      total: null,
      more: oncalls.length > offset + limit,
    },
  };
}
