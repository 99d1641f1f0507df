import { type Call, type Reply, restError } from './call.ts';

/** What an account of the smallest plan can do. */
const ABILITIES = ['urgencies', 'service_support_hours'];

/** `GET /abilities`: what the account can do; asked by those who only want to know whether a token is taken. */
export function listAbilities(call: Call): Reply {
  const unknown = [...call.query.keys()].map((key) => `${key} is not understood here`);
  if (unknown.length > 0) return restError(400, 2001, 'Invalid Input Provided', unknown);
  return { status: 200, body: { abilities: ABILITIES } };
}
