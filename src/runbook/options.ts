import { z } from 'zod';
import { SECOND_MS } from '../config/duration.ts';
import { draftsOf, quoteValue, valueAt } from '../config/explain.ts';
import { duration, formed, number, oneOfNames, text, VALUE } from '../config/schema/fields.ts';
import { section } from '../config/schema/strict.ts';
import type { Thresholds } from './types.ts';

/** A check that takes longer holds up all that follow on the one connection. */
const LONGEST_TIMEOUT_MS = 30 * SECOND_MS;

/** One option: a bare word, or with a value; values with blanks stand in quotes. */
const OPTION = /(?:^|\s+)([^\s="]+)(?:=(?:"([^"]*)"|([^\s"]*)))?(?=\s|$)/y;

function threshold() {
  return z.string().transform((given, context) => {
    const value = Number(given);
    if (/^-?\d+(\.\d+)?$/.test(given) && Number.isFinite(value)) return value;
    context.addIssue({ code: 'custom', message: `must be a number, not ${VALUE}` });
    return z.NEVER;
  });
}

const shared = {
  title: text('a title')
    .max(100, { error: 'must have at most 100 characters' })
    .optional()
    .describe('What the thread calls the check.'),
  warn: threshold().optional().describe('From which value it is worth a warning.'),
  fail: threshold().optional().describe('From which value it is trouble.'),
  worse: oneOfNames(['above', 'below'], 'a direction')
    .optional()
    .describe('Which way is bad. Left out: below, when `fail` is less than `warn`; else above.'),
  timeout: duration({ leastMs: 10 })
    .refine((ms) => ms <= LONGEST_TIMEOUT_MS, { error: 'must be at most 30s' })
    .prefault('2s')
    .describe('How long it may take.'),
};

const names = { timeout: 'timeoutMs' } as const;

/** The options that the info string of each kind of block takes. */
export const BLOCK_OPTIONS = {
  sql: section(
    {
      ...shared,
      column: formed(/^\S+$/, 'must be the name of a column')
        .optional()
        .describe('The column whose value is compared.'),
    },
    names,
  ),
  promql: section(shared, names),
  logs: section(
    {
      ...shared,
      lines: number({ what: 'a number of lines', least: 1, most: 10_000, whole: true })
        .prefault('500')
        .describe('How many of the last lines are searched.'),
    },
    names,
  ),
};

/** A kind of block of the user's own. */
export type OwnKind = keyof typeof BLOCK_OPTIONS;

/** The options of a block, defaults filled in. */
export type Options<K extends OwnKind> = z.output<(typeof BLOCK_OPTIONS)[K]>;

/**
 * Reads options such as `title="Orders stuck" warn=10 fail=100` by the schema of a kind.
 *
 * @returns the options, or every fault, one sentence each
 */
export function readOptions<T>(
  schema: z.ZodType<T>,
  info: string,
): { readonly options: T } | { readonly faults: readonly string[] } {
  const given = new Map<string, string>();
  const faults: string[] = [];
  const trimmed = info.trim();
  for (let at = 0; at < trimmed.length; at = OPTION.lastIndex) {
    OPTION.lastIndex = at;
    const [, key, quoted, bare] = OPTION.exec(trimmed) ?? [];
    const value = quoted ?? bare;
    if (key === undefined || value === undefined) {
      const rest = JSON.stringify(trimmed.slice(at).trim().slice(0, 40));
      return {
        faults: [...faults, `cannot read the options from ${rest} on: write name=value, or name="a value"`],
      };
    }
    if (given.has(key)) faults.push(`option \`${key}\` is given twice`);
    given.set(key, value);
  }
  const value = Object.fromEntries(given);
  const parsed = schema.safeParse(value);
  if (parsed.success && faults.length === 0) return { options: parsed.data };
  const found = draftsOf(parsed.error?.issues ?? []).map(({ path, message }) => {
    const said = quoteValue(message, valueAt(value, path), []);
    return said.startsWith('unknown key')
      ? said.replace('key', 'option')
      : `option \`${path.join('.')}\` ${said}`;
  });
  return { faults: [...faults, ...found] };
}

/** Puts thresholds together; a contradiction among them is returned as a sentence. */
export function thresholdsOf(options: {
  readonly warn?: number;
  readonly fail?: number;
  readonly worse?: 'above' | 'below';
}): Thresholds | undefined | string {
  const { warn, fail, worse } = options;
  if (warn === undefined && fail === undefined) {
    return worse === undefined ? undefined : 'option `worse` needs `warn` or `fail`';
  }
  if (warn === undefined || fail === undefined) return { ...options, worse: worse ?? 'above' };
  if (warn === fail) return 'options `warn` and `fail` are the same number: leave one of them out';
  const ordered = fail > warn ? 'above' : 'below';
  if (worse !== undefined && worse !== ordered) {
    return `option \`worse=${worse}\` contradicts \`warn\` and \`fail\`, by which ${ordered} is worse`;
  }
  return { warn, fail, worse: ordered };
}
