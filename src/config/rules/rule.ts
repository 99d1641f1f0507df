import type { z } from 'zod';
import type { Path } from '../fault.ts';

/** A fault before its line and the values in its message are known. */
export interface Draft {
  readonly path: Path;
  /** May hold `VALUE`. */
  readonly message: string;
}

/** What a key's value becomes; `undefined` where it is left out or has a fault of its own, told elsewhere. */
export function sound<T>(schema: z.ZodType<T>, value: unknown): T | undefined {
  return schema.safeParse(value).data;
}

/**
 * The items whose key another item before them has, each with the place of that one. Items without a key
 * are left out.
 */
export function repeated(
  keys: readonly (string | undefined)[],
): { readonly index: number; readonly before: number }[] {
  return keys.flatMap((key, index) => {
    const before = key === undefined ? index : keys.indexOf(key);
    return before < index ? [{ index, before }] : [];
  });
}
