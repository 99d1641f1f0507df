import type { IncomingHttpHeaders } from 'node:http';
import { type Account, type Person, peopleOf } from './account.ts';

/** A request as a method sees it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An answer: JSON, or plain text when `body` is a string. */
export interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The REST API's error (PagerDuty, "Errors"), with PagerDuty's own code. */
export function restError(
  status: number,
  code: number,
  message: string,
  errors: readonly string[] = [],
): Reply {
  return { status, body: { error: { message, code, ...(errors.length === 0 ? {} : { errors }) } } };
}

/** The parsed body; `undefined` when it is not a JSON object. */
export function objectOf(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const ACCEPT = 'application/vnd.pagerduty+json;version=2';

/**
 * What every REST request must carry: a token, the version, and with a change the type of its body and
 * the e-mail address of a user.
 * @returns the refusal, or the user who makes the change (nobody for a reading request)
 */
export function admit(
  account: Account,
  call: Call,
): { readonly refusal: Reply } | { readonly user?: Person } {
  const token = /^Token token=(.+)$/.exec(call.headers.authorization ?? '')?.[1];
  if (token === undefined || !account.tokens.includes(token)) {
    return { refusal: restError(401, 2006, 'Authentication failed') };
  }
  if (call.headers.accept?.replace(/\s/g, '') !== ACCEPT) {
    return { refusal: restError(400, 2001, 'Invalid Input Provided', [`Accept must be ${ACCEPT}`]) };
  }
  if (call.method === 'GET') return {};
  if (!/^application\/json\b/.test(call.headers['content-type'] ?? '')) {
    return {
      refusal: restError(400, 2001, 'Invalid Input Provided', ['Content-Type must be application/json']),
    };
  }
  const from = call.headers.from;
  if (from === undefined || from === '') {
    return {
      refusal: restError(
        400,
        2016,
        'You must specify a user’s email address in the “From” header to perform this action',
      ),
    };
  }
  const user = peopleOf(account).find((person) => person.email === from);
  return user === undefined ? { refusal: restError(400, 1008, 'Requester User Not Found') } : { user };
}
