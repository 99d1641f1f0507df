import { formatPath, type Path } from './fault.ts';
import type { Interpolated } from './interpolate.ts';
import { isMapping } from './schema/strict.ts';

/** The keys of `lifeguard.yaml` whose value is a secret, wherever they stand. */
const SECRETS: ReadonlySet<string> = new Set([
  'secret',
  'bearer_token',
  'password',
  'routing_key',
  'fallback_routing_key',
]);

/** The keys whose value is an address that may hold a password. */
const ADDRESSES: ReadonlySet<string> = new Set(['url', 'database_url', 'pgbouncer']);

/**
 * A sentence for each secret that is written out in the file, which is kept, copied and shown where secrets are not.
 * One that comes from the environment, in whole or in part, is none of these. No sentence holds the secret.
 */
export function literalSecrets({ value, variablesAt }: Interpolated): string[] {
  const warnings: string[] = [];
  const look = (inner: unknown, path: Path): void => {
    if (Array.isArray(inner)) {
      for (const [index, item] of inner.entries()) look(item, [...path, index]);
    } else if (isMapping(inner)) {
      // Labels have the names that they have.
      if (path.at(-1) === 'match') return;
      for (const [key, item] of Object.entries(inner)) look(item, [...path, key]);
    } else if (typeof inner === 'string' && isSecret(path.at(-1), inner) && variablesAt(path).length === 0) {
      warnings.push(
        `${formatPath(path)}: a secret is written out here; take it from the environment, as \${NAME}, or from a file that NAME_FILE names`,
      );
    }
  };
  look(value, []);
  return warnings;
}

function isSecret(key: string | number | undefined, value: string): boolean {
  if (typeof key !== 'string') return false;
  if (SECRETS.has(key)) return true;
  return ADDRESSES.has(key) && URL.canParse(value) && new URL(value).password !== '';
}
