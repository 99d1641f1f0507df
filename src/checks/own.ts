import { maskShapes } from '../observe/mask.ts';
import { shortenQuery } from '../pool/querytext.ts';
import type { LogsCall, PromqlCall, SqlCall, Thresholds } from '../runbook/types.ts';
import { type CheckContext, CheckFailure, type CheckResult, counted } from './check.ts';
import { searchLog } from './logs.ts';

const SHOWN_ROWS = 10;
/** More rows than this are not fetched: the statement is the user's, the memory is ours. */
const MOST_ROWS = 500;
const VALUE_CHARS = 80;
const REST_CHARS = 100_000;

/** Columns that hold statements; their literals are people's data. */
const STATEMENT_COLUMN = /query|statement|sql/i;

/** Runs a `sql` block: one statement in a read-only transaction, with the block's own timeout. */
export async function runSql({ lifeline }: CheckContext, call: SqlCall): Promise<CheckResult> {
  // In a subquery, so that no more than we can show is fetched; the line break ends a comment of the user's.
  const isQuery = /^\s*(?:select|with|values|table)\b/i.test(call.statement);
  const sql = isQuery ? `select * from (${call.statement}\n) block limit ${MOST_ROWS + 1}` : call.statement;
  const rows = await lifeline.query(sql, [], { timeoutMs: call.timeoutMs });
  const { column } = call;
  const first = rows[0];
  if (column !== undefined && first !== undefined && !Object.hasOwn(first, column)) {
    throw new CheckFailure(
      `there is no column ${column} in the answer`,
      'correct `column` of the sql block in the runbook',
    );
  }
  const values = column === undefined ? [] : rows.map((row) => Number(row[column])).filter(Number.isFinite);
  const worst = call.thresholds?.worse === 'below' ? Math.min(...values) : Math.max(...values);
  const texts = rows.slice(0, MOST_ROWS).map(rowText);
  const more =
    rows.length > MOST_ROWS ? `more than ${MOST_ROWS - SHOWN_ROWS}` : `${texts.length - SHOWN_ROWS}`;
  const isCut = texts.length > SHOWN_ROWS;
  return {
    findings: {
      headline: `${call.title}: ${values.length > 0 ? `${column} ${worst}` : counted(texts.length, 'row')}`,
      lines: isCut ? [...texts.slice(0, SHOWN_ROWS), `and ${more} more`] : texts,
      ...(isCut ? { rest: { name: 'rows.txt', text: texts.join('\n').slice(0, REST_CHARS) } } : {}),
      ...(values.length > 0 ? verdictOf(worst, call.thresholds) : {}),
    },
    facts: {},
  };
}

/** Runs a `promql` block: one instant query. */
export async function runPromql({ prometheus }: CheckContext, call: PromqlCall): Promise<CheckResult> {
  if (prometheus === undefined) {
    throw new CheckFailure('the pool has no Prometheus', 'set prometheus.url of the pool in lifeguard.yaml');
  }
  const value = await prometheus.instant(call.expression);
  if (!Number.isFinite(value)) {
    throw new CheckFailure('Prometheus has no data for it', 'correct the expression in the runbook');
  }
  return {
    findings: { headline: `${call.title}: ${value}`, lines: [], ...verdictOf(value, call.thresholds) },
    facts: {},
  };
}

/** Runs a `logs` block; its value is the number of lines that match. */
export async function runLogs(context: CheckContext, call: LogsCall): Promise<CheckResult> {
  const { total, result } = await searchLog(context, call.patterns, call.lines, call.timeoutMs);
  const { headline } = result.findings;
  return {
    findings: {
      ...result.findings,
      headline: `${call.title}: ${headline}`,
      ...verdictOf(total, call.thresholds),
    },
    facts: {},
  };
}

/** What a value comes to against the thresholds of its block; nothing where there are none. */
export function verdictOf(
  value: number,
  thresholds: Thresholds | undefined,
): { readonly verdict?: 'ok' | 'warn' | 'fail' } {
  if (thresholds === undefined) return {};
  const reaches = (limit: number | undefined): boolean =>
    limit !== undefined && (thresholds.worse === 'above' ? value >= limit : value <= limit);
  if (reaches(thresholds.fail)) return { verdict: 'fail' };
  return { verdict: reaches(thresholds.warn) ? 'warn' : 'ok' };
}

function rowText(row: Readonly<Record<string, unknown>>): string {
  return Object.entries(row)
    .map(([name, value]) => `${name} ${valueText(name, value)}`)
    .join(', ');
}

function valueText(name: string, value: unknown): string {
  if (value === null || value === undefined) return 'null';
  const text = typeof value === 'object' && !(value instanceof Date) ? JSON.stringify(value) : String(value);
  return STATEMENT_COLUMN.test(name) ? shortenQuery(text) : maskShapes(text).slice(0, VALUE_CHARS);
}
