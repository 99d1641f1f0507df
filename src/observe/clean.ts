import { describeError } from './errors.ts';
import { MASK, type Masker } from './mask.ts';

/** What lies deeper than this in a logged object is left out. */
const DEEPEST = 8;

/** Of longer lists only the beginning is logged. */
const LONGEST_LIST = 100;

/** Keys whose value is a secret by name, whatever it looks like. */
const SECRET_KEY = /pass(?:word|wd)|secret|token|authorization|cookie|routing_?key|api_?key|signature/i;

/** Keys that hold SQL: its literals are people's data. */
const SQL_KEY = /^(?:sql|query|statement|internalQuery)$/;

/**
 * Makes a value fit to be logged: errors cut to what may be shown, secrets masked in every text and
 * every key, statements left out, cycles and endless depth cut off. The result is plain data.
 */
export function cleaned(value: unknown, mask: Masker): unknown {
  return clean(value, mask, DEEPEST, []);
}

function clean(value: unknown, mask: Masker, depth: number, above: readonly object[]): unknown {
  if (typeof value === 'string') return mask(value);
  if (typeof value === 'bigint' || typeof value === 'symbol') return mask(String(value));
  if (typeof value === 'function') return '[function]';
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value)) return '[the same again]';
  if (depth === 0) return '[too deep]';
  const inside = (inner: unknown): unknown => clean(inner, mask, depth - 1, [...above, value]);
  if (value instanceof Error) return inside(describeError(value));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (value instanceof URL) return mask(value.href);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map) return list([...value.entries()], inside);
  if (value instanceof Set) return list([...value], inside);
  if (Array.isArray(value)) return list(value, inside);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [mask(key), shown(key, inner) ?? inside(inner)]),
  );
}

function list(values: readonly unknown[], inside: (value: unknown) => unknown): unknown[] {
  const kept = values.slice(0, LONGEST_LIST).map(inside);
  return values.length > LONGEST_LIST ? [...kept, `[${values.length - LONGEST_LIST} more]`] : kept;
}

/** What a key's name alone says about how its text may be shown; `undefined` when it says nothing. */
function shown(key: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (SECRET_KEY.test(key)) return MASK;
  return SQL_KEY.test(key) ? '[statement left out]' : undefined;
}
