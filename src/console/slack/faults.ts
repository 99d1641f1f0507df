import type { JsonObject } from './types.ts';

/**
 * Something that goes wrong with a call, as a test wants it.
 *
 * - `status`: answered with this HTTP status, the call not carried out
 * - `error`: refused with one of Slack's codes, not carried out
 * - `timeout`: never answered, not carried out
 * - `drop`: the connection breaks, not carried out
 * - `after`: carried out, but the answer is lost: the connection breaks (`drop`), nothing comes (`timeout`), or a
 *   gateway answers with a status
 */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'error'; readonly error: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'after'; readonly answer: 'drop' | 'timeout' | { readonly status: number } };

/** Asked before each call; nothing lets it through. */
export type FaultHook = (method: string, args: JsonObject) => Fault | undefined;

/** One call that arrived, whatever became of it. */
export interface Call {
  readonly method: string;
  /** The arguments, those that came as JSON in a string already parsed. */
  readonly args: JsonObject;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly token?: string;
}

const STRUCTURED = new Set(['blocks', 'attachments', 'metadata', 'view', 'files']);

/** The arguments as a person would write them: blocks as blocks, not as a string of JSON. */
export function readableArguments(values: JsonObject): JsonObject {
  const { token: _token, ...rest } = values;
  const entries = Object.entries(rest).map(([key, value]) => [
    key,
    STRUCTURED.has(key) ? parsed(value) : value,
  ]);
  return Object.fromEntries(entries);
}

function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
