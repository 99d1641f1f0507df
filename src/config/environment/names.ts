import { nearest } from '../nearest.ts';
import type { Env } from '../variables.ts';
import type { Reader } from './reader.ts';

const PREFIX = 'LIFEGUARD_';

const KNOWN: readonly string[] = ['LIFEGUARD_CONFIG', 'LIFEGUARD_ROLE', 'LIFEGUARD_CONSOLE'];

/** Variables without the prefix that are easily written with it. */
const WITHOUT_PREFIX: readonly string[] = ['PORT', 'LOG_LEVEL', 'DATABASE_URL', 'REDIS_URL'];

/**
 * What Kubernetes sets in every pod beside a service of the name `lifeguard` (Docker's container links):
 * `LIFEGUARD_SERVICE_HOST`, `LIFEGUARD_PORT` as `tcp://…`, `LIFEGUARD_PORT_3000_TCP_ADDR` and more.
 */
const OF_A_SERVICE = /^LIFEGUARD_(\w+_)?(SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP|SCTP))(_\w+)?$/;
const SERVICE_ADDRESS = /^(tcp|udp|sctp):\/\//;

/**
 * Faults every `LIFEGUARD_…` variable that is nearly a known one. Those that resemble none are somebody
 * else's and only worth a warning.
 *
 * @returns the warnings
 */
export function checkNames(env: Env, reader: Reader): string[] {
  return Object.keys(env).flatMap((name) => {
    if (!name.startsWith(PREFIX) || KNOWN.includes(name) || isOfAService(name, env[name] ?? '')) return [];
    const bare = name.slice(PREFIX.length);
    const prefixed = nearest(
      bare,
      KNOWN.map((known) => known.slice(PREFIX.length)),
    );
    const meant = prefixed === undefined ? WITHOUT_PREFIX.find((known) => known === bare) : PREFIX + prefixed;
    if (meant === undefined) return [`${name}: is not a variable of Lifeguard's; it has ${KNOWN.join(', ')}`];
    reader.fault(name, `unknown variable \`${name}\`; did you mean \`${meant}\`?`);
    return [];
  });
}

function isOfAService(name: string, value: string): boolean {
  return OF_A_SERVICE.test(name) || SERVICE_ADDRESS.test(value);
}
