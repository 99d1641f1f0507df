import { z } from 'zod';
import { DURATION_PATTERN, formatDuration, parseDuration } from '../duration.ts';
import { suggestion } from '../nearest.ts';

/**
 * Stands in a message for the value that is at fault. What reports the fault puts the value there, or,
 * where it came from the environment, the name of its variable. Messages on secrets never hold it.
 */
export const VALUE = '{value}';

/** The message for a value that is missing, empty or of the wrong type; `what` has its article. */
export function wants(what: string): (issue: { readonly input?: unknown }) => string {
  return ({ input }) => {
    if (input === undefined) return `is missing: give it ${what}`;
    if (input === null) return `is empty: give it ${what}`;
    return `must be ${what}, not ${kindOf(input)}`;
  };
}

/** Like `wants`, for text that YAML may have taken for something else: 5550100, or 12e34. */
export function wantsText(what: string): (issue: { readonly input?: unknown }) => string {
  return ({ input }) =>
    typeof input === 'number' || typeof input === 'boolean'
      ? `must be ${what} in quotes: without them YAML takes it for ${kindOf(input)}`
      : wants(what)({ input });
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'boolean') return 'true or false';
  if (typeof value === 'number') return Number.isFinite(value) ? 'a number' : '.nan or .inf';
  return 'text';
}

/** Text that is not blank. */
export function text(what = 'text') {
  return z.string({ error: wantsText(what) }).regex(/\S/, { error: 'must not be blank' });
}

/** Text of one form. `form` is a predicate about the value, as in "must be a host name such as …". */
export function formed(pattern: RegExp, form: string) {
  return z.string({ error: wantsText('text') }).regex(pattern, { error: `${form}, not ${VALUE}` });
}

/** Text that no message, log or page may show. */
export function secret(what: string) {
  return z.string({ error: wantsText(what) }).regex(/\S/, { error: `must be ${what}, and is blank` });
}

/** A span of time, in whole milliseconds once read. */
export function duration({ leastMs = 0 }: { readonly leastMs?: number } = {}) {
  return z
    .string({ error: wants('a duration with its unit, such as 30s or 5m') })
    .transform((given, context) => {
      try {
        const ms = parseDuration(given);
        if (ms >= leastMs) return ms;
        context.addIssue({
          code: 'custom',
          message: `must be at least ${formatDuration(leastMs)}, not ${VALUE}`,
        });
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        context.addIssue({ code: 'custom', message: `${VALUE} ${error.message}` });
      }
      return z.NEVER;
    })
    .meta({ pattern: DURATION_PATTERN.source });
}

interface Bounds {
  /** With its article, as in "a percentage". */
  readonly what: string;
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
}

/** A number; digits are taken as well, for that is what a variable holds. */
export function number({ what, least, most, whole }: Bounds) {
  return z
    .union([z.number(), z.string()], { error: wants(what) })
    .transform((given, context) => {
      const value =
        typeof given === 'number' ? given : /^\d+(\.\d+)?$/.test(given) ? Number(given) : Number.NaN;
      if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
      context.addIssue({
        code: 'custom',
        message: `must be ${what} from ${least} to ${most}${whole ? ', whole' : ''}, not ${VALUE}`,
      });
      return z.NEVER;
    })
    .meta({ minimum: least, maximum: most });
}

/** A part of a pool, 1 to 100 per cent. */
export function percent() {
  return number({ what: 'a percentage', least: 1, most: 100, whole: false });
}

/** One of some known names; the nearest is offered for any other. */
export function oneOfNames<const N extends readonly [string, ...string[]]>(names: N, what: string) {
  return z.enum(names, {
    error: ({ input }) =>
      typeof input === 'string'
        ? `${VALUE} is not ${what}${suggestion(input, names)}`
        : wants(`${what} (${names.join(', ')})`)({ input }),
  });
}

/** A list, which may be empty. */
export function list<T extends z.ZodType>(item: T) {
  return z.array(item, { error: wants('a list') });
}

/** The address of a web server. It may hold a password, so it is not shown. */
export function webUrl() {
  return z
    .string({ error: wants('a URL') })
    .refine((given) => isUrlOf(given, ['http:', 'https:']), {
      error: 'must be a URL that begins with http:// or https://',
    })
    .meta({ format: 'uri' });
}

/** A PostgreSQL connection string. It holds a password, so it is not shown. */
export function postgresUrl() {
  return z
    .string({ error: wants('a connection string') })
    .refine((given) => isUrlOf(given, POSTGRES_SCHEMES), {
      error:
        'must be a connection string: postgres://user:password@host:5432/database (with special characters of the password percent-encoded)',
    });
}

/** The schemes of a PostgreSQL connection string. */
export const POSTGRES_SCHEMES: readonly string[] = ['postgres:', 'postgresql:'];

/** Whether the text is a URL of one of the schemes (each with its colon). */
export function isUrlOf(given: string, schemes: readonly string[]): boolean {
  return URL.canParse(given) && schemes.includes(new URL(given).protocol);
}
