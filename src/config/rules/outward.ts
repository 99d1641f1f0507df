import { isForbiddenHost } from '../../outward/address.ts';
import type { Path } from '../fault.ts';
import { webUrl } from '../schema/fields.ts';
import { isMapping } from '../schema/strict.ts';
import { type Draft, sound } from './rule.ts';

/**
 * No web server that is asked stands at a link-local address or a cloud's metadata service, unless it says that it
 * does. Seen here is an address that is written out; what a name leads to is seen with each connection.
 *
 * @param raw the whole file as written, variables filled in
 */
export function outwardRules(raw: Readonly<Record<string, unknown>>): Draft[] {
  const pools: readonly unknown[] = Array.isArray(raw['pools']) ? raw['pools'] : [];
  return [
    ...pools.flatMap((pool, index) => {
      const at: Path = ['pools', index];
      return [
        ...faultOf(pool, at, 'prometheus'),
        ...faultOf(pool, at, 'logs', 'loki'),
        ...faultOf(pool, at, 'restart', 'webhook'),
        ...faultOf(pool, at, 'pool_size', 'webhook'),
      ];
    }),
    ...faultOf(raw, [], 'heartbeat'),
  ];
}

function faultOf(within: unknown, path: Path, ...keys: readonly string[]): Draft[] {
  const section = keys.reduce<unknown>((above, key) => (isMapping(above) ? above[key] : undefined), within);
  if (!isMapping(section) || section['allow_link_local'] === true) return [];
  const url = sound(webUrl(), section['url']);
  if (url === undefined || !isForbiddenHost(new URL(url).hostname)) return [];
  return [
    {
      path: [...path, ...keys, 'url'],
      message:
        'leads to a link-local address or a cloud’s metadata service: correct it, or set `allow_link_local: true` beside it',
    },
  ];
}
