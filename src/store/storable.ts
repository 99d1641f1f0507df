/** What stands in for a character that PostgreSQL cannot hold: Unicode's own replacement character. */
const REPLACEMENT = '\ufffd';

/**
 * An escape of JSON for NUL or for half of a surrogate pair. `JSON.stringify` writes whole pairs as
 * they are, so an escaped half is always alone. The backslashes before it must be even in number,
 * for `\\u0000` is a text about an escape, not one.
 */
const UNSTORABLE = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g;

/**
 * A value as JSON that a `jsonb` takes. NUL and lone surrogates, which it refuses, are replaced: a
 * label or a query text cut in the middle of a character must not make an event impossible to commit.
 */
export function storableJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSTORABLE, `$1${REPLACEMENT}`);
}

/** A text that a `text` column takes: NUL is replaced. */
export function storableText(text: string): string {
  return text.replaceAll('\u0000', REPLACEMENT);
}
