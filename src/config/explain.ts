import type { z } from 'zod';
import type { Path } from './fault.ts';
import type { Draft } from './rules/rule.ts';
import { VALUE } from './schema/fields.ts';

/** The longest part of a value that is quoted in a message. */
const LONGEST_QUOTE = 60;

/** Makes drafts of what the schema found: a list of unknown keys becomes a fault for each. */
export function draftsOf(issues: readonly z.core.$ZodIssue[]): Draft[] {
  return issues.flatMap((issue): Draft[] => {
    const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
    switch (issue.code) {
      case 'unrecognized_keys': {
        const messages = issue.message.split('\n');
        return issue.keys.map((key, index) => ({
          path: [...path, key],
          message: messages[index] ?? issue.message,
        }));
      }
      case 'invalid_key':
        return issue.issues.map(({ message }) => ({ path, message }));
      default:
        return [{ path, message: issue.message }];
    }
  });
}

/**
 * Puts the value at fault into a message. A value that came from the environment is not shown: the names
 * of its variables stand in its place.
 */
export function quoteValue(message: string, value: unknown, variables: readonly string[]): string {
  return message.replaceAll(VALUE, () => {
    if (variables.length > 0) return `the value of ${variables.map((name) => `\${${name}}`).join(' and ')}`;
    const text = JSON.stringify(value) ?? 'nothing';
    return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
  });
}

/** The value at a path of plain data; `undefined` where there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return Object.hasOwn(value, step) ? Reflect.get(value, step) : undefined;
  }, root);
}
