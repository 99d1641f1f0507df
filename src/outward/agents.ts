import { type LookupAddress, type LookupAllOptions, lookup as lookUp } from 'node:dns';
import { type AgentOptions, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import { isForbiddenAddress, isForbiddenHost } from './address.ts';

/** The code of the error with which a connection to such an address is refused; nothing was sent. */
export const FORBIDDEN_CODE = 'LINK_LOCAL_ADDRESS';

/** The mend of such an error. */
export const FORBIDDEN_MEND =
  'the address is link-local, or a cloud’s metadata service: correct it, or set `allow_link_local: true` beside it';

/** As Node's own agents are: an idle connection is kept for five seconds. */
const LIKE_NODE: AgentOptions = { keepAlive: true, scheduling: 'lifo', timeout: 5_000 };

/** Whether the place may be at a link-local address. A section of lifeguard.yaml that has a `url` fits. */
export interface Reach {
  readonly allowLinkLocal?: boolean | undefined;
}

/** The agents that a request goes out by, under the names that axios has for them. */
export interface Agents {
  readonly httpAgent?: HttpAgent;
  readonly httpsAgent?: HttpsAgent;
}

/**
 * Agents that connect to no link-local address and to no cloud's metadata service. They look at the address that a
 * connection is made to, after the name was looked up, so that no name can lead there, and none that changes its
 * mind between a look and the connection. Where the place is allowed to be there, Node's own agents serve.
 */
export function agentsFor({ allowLinkLocal = false }: Reach): Agents {
  return allowLinkLocal ? {} : { httpAgent: guardedHttp(), httpsAgent: guardedHttps() };
}

let http: HttpAgent | undefined;
let https: HttpsAgent | undefined;

/** Made once, so that connections are kept over several requests. */
function guardedHttp(): HttpAgent {
  http ??= new GuardedHttpAgent(LIKE_NODE);
  return http;
}

/** The same for TLS, e.g. for a client that has its own way of asking. */
export function guardedHttps(): HttpsAgent {
  https ??= new GuardedHttpsAgent(LIKE_NODE);
  return https;
}

class GuardedHttpAgent extends HttpAgent {
  override createConnection(
    ...[options, done]: Parameters<HttpAgent['createConnection']>
  ): ReturnType<HttpAgent['createConnection']> {
    return isRefused(options.host, done)
      ? undefined
      : super.createConnection({ ...options, lookup: lookupGuarded() }, done);
  }
}

/** Like an agent of Node's, with this rule on top. */
export class GuardedHttpsAgent extends HttpsAgent {
  override createConnection(
    ...[options, done]: Parameters<HttpsAgent['createConnection']>
  ): ReturnType<HttpsAgent['createConnection']> {
    return isRefused(options.host, done)
      ? undefined
      : super.createConnection({ ...options, lookup: lookupGuarded() }, done);
  }
}

/** An address that is written out is never looked up, so it is seen here. */
function isRefused(
  host: string | null | undefined,
  done: ((error: Error | null, stream: Duplex) => void) | undefined,
): boolean {
  if (!isForbiddenHost(host ?? '')) return false;
  // Node's agents look at the error first, and at no stream beside one.
  done?.(forbidden(), undefined as unknown as Duplex);
  return true;
}

/**
 * Looks a name up and leaves out the forbidden ones among its addresses; with none left there is no connection.
 *
 * @param resolve what looks it up; the system's resolver when left out
 */
export function lookupGuarded(resolve: Resolve = lookUp): LookupFunction {
  return (name, options, done) => {
    resolve(name, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, '', 0);
      const allowed = found.filter(({ address }) => !isForbiddenAddress(address));
      const [first] = allowed;
      if (first === undefined) return done(forbidden(), '', 0);
      if (options.all === true) return done(null, allowed);
      return done(null, first.address, first.family);
    });
  };
}

type Resolve = (
  name: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

function forbidden(): NodeJS.ErrnoException {
  return Object.assign(new Error('a link-local address, or a cloud’s metadata service'), {
    code: FORBIDDEN_CODE,
  });
}
