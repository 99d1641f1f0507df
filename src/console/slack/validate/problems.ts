import { isObject, type JsonObject } from '../types.ts';

/** One thing Slack would refuse: what is wrong, and the JSON pointer to it. */
export interface Problem {
  readonly pointer: string;
  readonly message: string;
}

/** Collects everything that is wrong with a payload, in Slack's own phrases. */
export class Problems {
  readonly list: Problem[] = [];

  add(pointer: string, message: string): void {
    this.list.push({ pointer, message });
  }

  /** As Slack words them: `must be less than 151 characters [json-pointer:/blocks/0/text/text]`. */
  sentences(): string[] {
    return this.list.map(({ pointer, message }) => `${message} [json-pointer:${pointer}]`);
  }
}

/** How long a string, or how full a list, may be. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** Gives the value back when it is an object; complains otherwise. */
export function object(problems: Problems, value: unknown, pointer: string): JsonObject | undefined {
  if (isObject(value)) return value;
  problems.add(pointer, 'must provide an object');
  return undefined;
}

/** Complains about keys that are missing, and about those Slack does not know here. */
export function keys(
  problems: Problems,
  value: JsonObject,
  pointer: string,
  required: readonly string[],
  optional: readonly string[],
): void {
  for (const key of required) {
    if (value[key] === undefined) problems.add(pointer, `missing required field: ${key}`);
  }
  for (const key of Object.keys(value)) {
    if (!required.includes(key) && !optional.includes(key) && value[key] !== undefined) {
      problems.add(pointer, `invalid additional property: ${key}`);
    }
  }
}

/** A string of at least one character, or none at all. */
export function string(problems: Problems, value: unknown, pointer: string, range: Range = {}): void {
  if (value === undefined) return;
  if (typeof value !== 'string') {
    problems.add(pointer, 'must provide a string');
    return;
  }
  const min = range.min ?? 1;
  if (value.length < min) problems.add(pointer, `must be more than ${min - 1} characters`);
  if (range.max !== undefined && value.length > range.max) {
    problems.add(pointer, `must be less than ${range.max + 1} characters`);
  }
}

/** One of a few words, or nothing. */
export function oneOf(problems: Problems, value: unknown, pointer: string, words: readonly string[]): void {
  if (value === undefined || (typeof value === 'string' && words.includes(value))) return;
  problems.add(pointer, `must be one of: ${words.join(', ')}`);
}

/** True, false, or nothing. */
export function flag(problems: Problems, value: unknown, pointer: string): void {
  if (value !== undefined && typeof value !== 'boolean') problems.add(pointer, 'must provide a boolean');
}

/** A whole number within the range, or nothing. */
export function integer(problems: Problems, value: unknown, pointer: string, range: Range): void {
  if (value === undefined) return;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    problems.add(pointer, 'must provide an integer');
    return;
  }
  if (range.min !== undefined && value < range.min)
    problems.add(pointer, `must be greater than ${range.min - 1}`);
  if (range.max !== undefined && value > range.max)
    problems.add(pointer, `must be less than ${range.max + 1}`);
}

/** A list whose items are looked at one by one; nothing passes. */
export function list(
  problems: Problems,
  value: unknown,
  pointer: string,
  range: Range,
  each: (item: unknown, pointer: string) => void,
): void {
  if (value === undefined) return;
  if (!Array.isArray(value)) {
    problems.add(pointer, 'must provide an array');
    return;
  }
  const min = range.min ?? 1;
  if (value.length < min) problems.add(pointer, `no fewer than ${min} items required`);
  if (range.max !== undefined && value.length > range.max) {
    problems.add(pointer, `no more than ${range.max} items allowed`);
  }
  value.forEach((item: unknown, index) => {
    each(item, `${pointer}/${index}`);
  });
}

/** An http or https address, or nothing. */
export function address(problems: Problems, value: unknown, pointer: string, max: number): void {
  string(problems, value, pointer, { max });
  if (typeof value !== 'string' || value === '') return;
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    problems.add(pointer, 'must be a valid URL');
  }
}
