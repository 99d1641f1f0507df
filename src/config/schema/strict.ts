import { z } from 'zod';
import { suggestion } from '../nearest.ts';
import { wants } from './fields.ts';

/** A mapping that knows all its keys. An unknown one gets a message with the nearest known, a line each. */
export function strict<S extends z.ZodRawShape>(shape: S) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `unknown key \`${printable(key)}\`${suggestion(key, known)}`).join('\n')
        : wants('a mapping of keys to values')(issue),
  });
}

/** A key as it can be shown on one line. */
function printable(key: string): string {
  return JSON.stringify(key).slice(1, -1);
}

type SnakeCase<S> = Extract<keyof S, `${string}_${string}`>;

/** What each key is called in the program: needed for every key with an underscore, allowed for all. */
type Names<S> = { readonly [K in SnakeCase<S>]: string } & { readonly [K in keyof S]?: string };

/** An object with its keys renamed, and without the keys that were left out. */
export type Renamed<T, N> = {
  [K in keyof T as K extends keyof N ? (N[K] extends string ? N[K] : K) : K]: Exclude<T[K], undefined>;
};

/**
 * A strict mapping whose keys get the names that the program uses: camelCase, and `…Ms` for a duration.
 *
 * @param names the name of each key that is not called the same inside
 */
export function section<S extends z.ZodRawShape, const N extends Names<S>>(shape: S, names: N) {
  return strict(shape).transform((value) => renamed(value, names));
}

/** The same object with its keys renamed; keys without a value are dropped. */
export function renamed<T extends object, const N extends object>(value: T, names: N): Renamed<T, N> {
  const inside = new Map<string, unknown>(Object.entries(names));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .map(([key, one]) => [inside.get(key) ?? key, one]),
  ) as Renamed<T, N>;
}

type Keys = readonly [string, ...string[]];

/**
 * Lets a mapping have at most one of some keys. Said even where the values of the keys have faults of
 * their own, but not beside an unknown key, which may be the one that was meant.
 */
export function atMostOne<O extends z.ZodObject>(object: O, keys: Keys) {
  return object.refine((value) => given(value, keys).length <= 1, {
    error: ({ input }) => `takes only one of ${quoted(given(input, keys), 'and')}`,
    when: ({ value }) =>
      isMapping(value) && Object.keys(value).every((key) => Object.hasOwn(object.shape, key)),
  });
}

/** Like `atMostOne`, for keys of which there must be one: the transformation that follows ends in `noneOf`. */
export function exactlyOne<O extends z.ZodObject>(object: O, keys: Keys) {
  return atMostOne(object, keys).meta({ oneOf: keys.map((key) => ({ required: [key] })) });
}

/**
 * Reports, from within a transformation, that a mapping has none of the keys of which it needs one; unless
 * it has an unknown key, which has been reported and may be the one that was meant.
 */
export function noneOf(context: z.RefinementCtx, keys: Keys): never {
  const reported = context.issues.some(({ code }) => code === 'unrecognized_keys');
  if (!reported) context.addIssue({ code: 'custom', message: `needs one of ${quoted(keys, 'or')}` });
  return z.NEVER;
}

function quoted(keys: readonly string[], joint: string): string {
  const names = keys.map((key) => `\`${key}\``);
  return [...names.slice(0, -2), names.slice(-2).join(` ${joint} `)].join(', ');
}

function given(value: unknown, keys: readonly string[]): string[] {
  return isMapping(value) ? keys.filter((key) => value[key] !== undefined) : [];
}

/** Whether a value is a mapping, neither a list nor empty. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
