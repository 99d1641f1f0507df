import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a secret that was given is the expected one. The time taken tells nothing about where they
 * differ, nor how long the expected one is. An empty expected secret matches nothing.
 */
export function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected)) && expected !== '';
}

/** Whether a secret that was given is one of the expected; each is compared, so that the time tells nothing. */
export function isOneOf(given: string, expected: readonly string[]): boolean {
  return expected.filter((one) => sameSecret(given, one)).length > 0;
}

/**
 * The secret in an `Authorization` header: a bearer token (RFC 6750) or the password of basic
 * authentication (RFC 7617, any user name), the two that Alertmanager's `http_config` can send.
 *
 * @returns `undefined` when there is none
 */
export function givenSecret(headers: IncomingHttpHeaders): string | undefined {
  const [, scheme = '', value = ''] = /^([A-Za-z]+) +([^ ]+) *$/.exec(headers.authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? undefined : pair.slice(colon + 1);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
