import { SECOND_MS } from '../duration.ts';
import { duration, formed, secret, webUrl } from './fields.ts';
import { REACH_NAMES, reach } from './outward.ts';
import { section } from './strict.ts';

/** Kubernetes: names of objects (RFC 1123 subdomain). */
export function kubernetesName() {
  return formed(
    /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
    'must be a Kubernetes name (lower-case letters, digits, - and .)',
  );
}

/** Docker: the name or id of a container. */
export function dockerContainer() {
  return formed(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, 'must be the name or id of a container');
}

/** A request, signed with a secret, to a server that does the work. */
export const webhookSchema = section(
  {
    url: webUrl().describe('Where the request goes, by POST.'),
    ...reach,
    secret: secret('a secret').describe(
      'Signs the request (HMAC-SHA256), so that its receiver can tell who sent it; best as ${NAME}.',
    ),
    timeout: duration({ leastMs: SECOND_MS }).prefault('10s').describe('How long the answer may take.'),
  },
  { ...REACH_NAMES, timeout: 'timeoutMs' },
);
