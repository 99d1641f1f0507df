import { reference } from './account.ts';
import type { Book } from './book.ts';
import { type Call, type Reply, restError } from './call.ts';

/** The parameters of the description that are understood here; any other is refused rather than ignored. */
const KNOWN = ['include[]', 'limit', 'offset'];

/** `GET /services`; the keys of the integrations are there with `include[]=integrations` alone. */
export function listServices(book: Book, call: Call): Reply {
  const { query } = call;
  const limit = Number(query.get('limit') ?? 25);
  const offset = Number(query.get('offset') ?? 0);
  const included = query.getAll('include[]');
  const faults = [
    ...[...query.keys()].filter((key) => !KNOWN.includes(key)).map((key) => `${key} is not understood here`),
    ...included
      .filter((one) => one !== 'integrations')
      .map((one) => `include[] ${one} is not understood here`),
    ...(Number.isInteger(limit) && limit >= 1 && limit <= 100 ? [] : ['limit must be 1 to 100']),
    ...(Number.isInteger(offset) && offset >= 0 ? [] : ['offset must be 0 or more']),
  ];
  if (faults.length > 0) return restError(400, 2001, 'Invalid Input Provided', faults);
  const { services } = book.account;
  return {
    status: 200,
    body: {
      services: services.slice(offset, offset + limit).map(({ id, name, policy, routingKey }) => ({
        id,
        type: 'service',
        name,
        summary: name,
        escalation_policy: reference('escalation_policy', policy.id, policy.name),
        integrations: [
          {
            ...reference('events_api_v2_inbound_integration', `${id}-EVENTS`, 'Events API V2'),
            ...(included.includes('integrations') ? { integration_key: routingKey } : {}),
          },
        ],
      })),
      limit,
      offset,
      total: null,
      more: services.length > offset + limit,
    },
  };
}
