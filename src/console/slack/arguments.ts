import { SlackError } from './errors.ts';
import { isObject, type JsonObject } from './types.ts';

/**
 * The arguments of one call. They come as form fields, where everything is a string and blocks are JSON inside one
 * (what `@slack/web-api` sends), or as a JSON body; the getters hide the difference.
 */
export class Arguments {
  readonly values: JsonObject;

  constructor(values: JsonObject) {
    this.values = values;
  }

  /** A string, or nothing when it is absent or empty. */
  text(name: string): string | undefined {
    const value = this.values[name];
    if (typeof value === 'number') return String(value);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  /** @throws SlackError invalid_arguments, naming the field */
  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) {
      throw new SlackError('invalid_arguments', { messages: [`missing required field: ${name}`] });
    }
    return value;
  }

  /** True for `true`, "true" and "1". */
  flag(name: string): boolean {
    const value = this.values[name];
    return value === true || value === 'true' || value === '1' || value === 1;
  }

  /** A whole number of at least `min`. @throws SlackError invalid_limit and the like: `invalid_<name>` */
  number(name: string, fallback: number, min = 1): number {
    const value = this.text(name);
    if (value === undefined) return fallback;
    const number = Number(value);
    if (!Number.isInteger(number) || number < min) throw new SlackError(`invalid_${name}`);
    return number;
  }

  /** A structured argument: as it is, or parsed out of its string. @throws SlackError `fault` when it is not JSON */
  json(name: string, fault: string): unknown {
    const value = this.values[name];
    if (value === '') return undefined;
    if (typeof value !== 'string') return value ?? undefined;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      throw new SlackError(fault);
    }
  }
}

/**
 * Reads a request's body into arguments.
 * @param contentType the request's header, "" when absent
 * @throws SlackError invalid_json, json_not_object, invalid_form_data, invalid_post_type
 */
export function parseArguments(contentType: string, body: Buffer, query: URLSearchParams): Arguments {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  const fromQuery = Object.fromEntries(query);
  if (body.length === 0) return new Arguments(fromQuery);
  if (type === 'application/json') return new Arguments({ ...fromQuery, ...parseJson(body) });
  if (type === 'application/x-www-form-urlencoded') {
    return new Arguments({ ...fromQuery, ...Object.fromEntries(new URLSearchParams(body.toString('utf8'))) });
  }
  throw new SlackError(type === 'multipart/form-data' ? 'invalid_form_data' : 'invalid_post_type');
}

function parseJson(body: Buffer): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new SlackError('invalid_json');
  }
  if (!isObject(value)) throw new SlackError('json_not_object');
  return value;
}
