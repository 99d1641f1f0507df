import { duration, secret, text, webUrl } from './fields.ts';
import { REACH_NAMES, reach } from './outward.ts';
import { atMostOne, renamed, section, strict } from './strict.ts';

/** Less than this cannot be told from a server that is away. */
const LEAST_TIMEOUT_MS = 100;

const basicAuthSchema = section(
  {
    username: text('a user name').describe('The user name.'),
    password: secret('a password').describe('The password; best as ${NAME}.'),
  },
  {},
);

/** The ways to sign in to a web server of one's own; each of them a key of the section that names the server. */
export const signIn = {
  bearer_token: secret('a token').optional().describe('Sent as `Authorization: Bearer …`; best as ${NAME}.'),
  basic_auth: basicAuthSchema
    .optional()
    .describe('User name and password, sent as `Authorization: Basic …`.'),
};

/** What those keys are called in the program. */
export const SIGN_IN_NAMES = { bearer_token: 'bearerToken', basic_auth: 'basicAuth' } as const;

/** Those keys, of which a server takes one. */
export const SIGN_IN_KEYS = ['bearer_token', 'basic_auth'] as const;

/** `pools[].prometheus`: where utilisation and traffic are measured. */
export const prometheusSchema = atMostOne(
  strict({
    url: webUrl().describe('Address of the Prometheus server, with a path prefix if it has one.'),
    ...reach,
    ...signIn,
    timeout: duration({ leastMs: LEAST_TIMEOUT_MS })
      .prefault('5s')
      .describe('How long one query may take before the check goes on without it.'),
    active: text('a PromQL expression')
      .prefault('database_connections_active')
      .describe(
        'PromQL: connections in use. The labels of `match` are not added to it: add them here where needed.',
      ),
    idle: text('a PromQL expression')
      .prefault('database_connections_idle')
      .describe('PromQL: connections open and idle.'),
    max: text('a PromQL expression')
      .prefault('database_connections_max')
      .describe('PromQL: the most connections the pool can open.'),
    request_rate: text('a PromQL expression')
      .optional()
      .describe(
        'PromQL: requests a minute that reach the application now. Left out: no check of the traffic.',
      ),
    request_rate_baseline: text('a PromQL expression')
      .optional()
      .describe('PromQL: what is normal for `request_rate`, such as its average over the last hour.'),
  }),
  SIGN_IN_KEYS,
).transform((value) =>
  renamed(value, {
    ...REACH_NAMES,
    ...SIGN_IN_NAMES,
    timeout: 'timeoutMs',
    request_rate: 'requestRate',
    request_rate_baseline: 'requestRateBaseline',
  }),
);
