import type { z } from 'zod';
import { duration, list, number, percent, text } from '../config/schema/fields.ts';
import { section } from '../config/schema/strict.ts';

/** How many entries of a ranking are kept. */
function top(usual: number) {
  return number({ what: 'a number of entries', least: 1, most: 100, whole: true })
    .prefault(usual)
    .describe('How many entries are shown, the worst first.');
}

/** How many times the baseline a request rate is. */
function ratio() {
  return number({ what: 'a ratio', least: 1, most: 100_000, whole: false });
}

const patterns = list(text('a pattern'))
  .min(1, { error: 'must name at least one pattern' })
  .max(50, { error: 'must name at most 50 patterns' })
  .prefault(['connection', 'pool'])
  .describe('Plain text, found anywhere in a line, upper or lower case alike.');

/**
 * The checks that a step may name in a `checks` block, each with the schema of its parameters: keys as the
 * runbook writes them, values as the program uses them (durations in whole milliseconds, `…Ms`).
 */
export const BUILTIN_CHECKS = {
  utilisation: section(
    {
      warn: percent().prefault(75).describe('Per cent of the usable connections that is worth a warning.'),
      fail: percent().optional().describe('Per cent that is trouble. Left out: the threshold of the pool.'),
      history: duration({ leastMs: 60_000 })
        .prefault('1h')
        .describe('How far the peak and the chart go back.'),
    },
    { history: 'historyMs' },
  ).refine(({ warn, fail }) => fail === undefined || warn < fail, { error: '`warn` must be below `fail`' }),
  connections: section(
    {
      over: duration().prefault('1m').describe('From what age a query or a transaction is long-running.'),
      top: top(20),
    },
    { over: 'overMs' },
  ),
  locks: section(
    { over: duration().prefault('1s').describe('Shorter waits are left out.'), top: top(10) },
    { over: 'overMs' },
  ),
  prepared: section(
    { over: duration().prefault('1m').describe('From what age a prepared transaction was left behind.') },
    { over: 'overMs' },
  ),
  leaks: section(
    {
      idle_over: duration()
        .optional()
        .describe('How long an idle session may sit. Left out: the recycle time of the pool.'),
      in_transaction_over: duration().prefault('1m').describe('The same, for one idle in a transaction.'),
      top: top(10),
    },
    { idle_over: 'idleOverMs', in_transaction_over: 'inTransactionOverMs' },
  ),
  logs: section(
    {
      lines: number({ what: 'a number of lines', least: 1, most: 10_000, whole: true })
        .prefault(500)
        .describe('How many of the last lines of the application’s log are searched.'),
      patterns,
    },
    {},
  ),
  traffic: section(
    {
      spike: ratio().prefault(2).describe('Times the baseline from which there is a spike.'),
      flood: ratio().prefault(10).describe('Times the baseline from which there is a flood.'),
      baseline: duration({ leastMs: 60_000 }).prefault('1h').describe('The time whose mean is the baseline.'),
    },
    { baseline: 'baselineMs' },
  ).refine(({ spike, flood }) => spike < flood, { error: '`spike` must be below `flood`' }),
  slow_queries: section(
    {
      top: top(10),
      over: duration().prefault('500ms').describe('The mean time from which a statement is slow.'),
    },
    { over: 'overMs' },
  ),
  replication: section(
    { lag: duration().prefault('30s').describe('From what delay a replica lags behind.') },
    { lag: 'lagMs' },
  ),
  vacuum: section(
    { over: duration().prefault('5m').describe('From what age a vacuum or a schema change is long.') },
    { over: 'overMs' },
  ),
  settings: section({}, {}),
  pgbouncer: section(
    { max_wait: duration().prefault('1s').describe('How long a client may wait for a connection.') },
    { max_wait: 'maxWaitMs' },
  ),
} satisfies Readonly<Record<string, z.ZodType>>;

/** The name of a built-in check. */
export type BuiltinName = keyof typeof BUILTIN_CHECKS;

/** The parameters of a built-in check, defaults filled in. */
export type BuiltinParams<N extends BuiltinName> = z.output<(typeof BUILTIN_CHECKS)[N]>;

/** A built-in check with its parameters, as a step names it. Narrow it by `name`. */
export type BuiltinCall = {
  [N in BuiltinName]: {
    readonly kind: 'builtin';
    readonly name: N;
    readonly params: Readonly<BuiltinParams<N>>;
    /** Where the step names it. */
    readonly line: number;
  };
}[BuiltinName];

/** The names of all built-in checks. */
export const BUILTIN_NAMES = Object.keys(BUILTIN_CHECKS) as readonly string[] as readonly BuiltinName[];

/** Whether there is a built-in check of this name. */
export function isBuiltinName(name: string): name is BuiltinName {
  return Object.hasOwn(BUILTIN_CHECKS, name);
}
