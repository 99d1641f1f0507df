import type { Code } from 'mdast';
import type { Findings } from './fault.ts';
import { lineOf } from './markdown.ts';
import { BLOCK_OPTIONS, type OwnKind, readOptions, thresholdsOf } from './options.ts';
import { readExpression } from './promql.ts';
import { readStatement } from './sql.ts';
import type { LogsCall, PromqlCall, SqlCall, Thresholds } from './types.ts';

/** More is no search but a reading of the whole log. */
const MOST_PATTERNS = 50;

/** A text that is no SQL at all may have a fault in each word. */
const MOST_FAULTS = 20;

/** Reads a block of the user's own. Everything that is wrong with it becomes a fault. */
export function readOwn(
  kind: OwnKind,
  code: Code,
  findings: Findings,
): SqlCall | PromqlCall | LogsCall | undefined {
  switch (kind) {
    case 'sql':
      return readSql(code, findings);
    case 'promql':
      return readPromql(code, findings);
    case 'logs':
      return readLogs(code, findings);
  }
}

function readSql(code: Code, findings: Findings): SqlCall | undefined {
  const line = lineOf(code);
  const options = optionsOf(BLOCK_OPTIONS.sql, 'sql', code, findings);
  const thresholds = options && checkedThresholds('sql', options, line, findings);
  const { column, warn, fail } = options ?? {};
  const compares = warn !== undefined || fail !== undefined;
  if (compares && column === undefined) {
    findings.fault(
      line,
      'sql: `warn` and `fail` need `column`, the column whose value they are compared with',
    );
  } else if (!compares && column !== undefined) {
    findings.fault(line, 'sql: option `column` needs `warn` or `fail`');
  }
  const read = readStatement(code.value);
  if ('faults' in read) {
    for (const { at, message } of read.faults.slice(0, MOST_FAULTS))
      findings.fault(lineAt(code, at), `sql: ${message}`);
    return undefined;
  }
  if (options === undefined) return undefined;
  const common = commonOf('SQL', options, thresholds, line);
  return { kind: 'sql', ...common, statement: read.statement, ...(column === undefined ? {} : { column }) };
}

function readPromql(code: Code, findings: Findings): PromqlCall | undefined {
  const line = lineOf(code);
  const options = optionsOf(BLOCK_OPTIONS.promql, 'promql', code, findings);
  const thresholds = options && checkedThresholds('promql', options, line, findings);
  const read = readExpression(code.value);
  if ('message' in read) {
    findings.fault(lineAt(code, read.at), `promql: ${read.message}`);
    return undefined;
  }
  if (options === undefined) return undefined;
  return { kind: 'promql', ...commonOf('PromQL', options, thresholds, line), expression: read.expression };
}

function readLogs(code: Code, findings: Findings): LogsCall | undefined {
  const line = lineOf(code);
  const options = optionsOf(BLOCK_OPTIONS.logs, 'logs', code, findings);
  const thresholds = options && checkedThresholds('logs', options, line, findings);
  const patterns = code.value
    .split('\n')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  if (patterns.length === 0 || patterns.length > MOST_PATTERNS) {
    const message = `logs: needs 1 to ${MOST_PATTERNS} patterns, each on a line, and has ${patterns.length}`;
    findings.fault(line, message);
    return undefined;
  }
  if (options === undefined) return undefined;
  return { kind: 'logs', ...commonOf('Log', options, thresholds, line), patterns, lines: options.lines };
}

function optionsOf<T>(
  schema: Parameters<typeof readOptions<T>>[0],
  kind: OwnKind,
  code: Code,
  findings: Findings,
): T | undefined {
  const read = readOptions(schema, code.meta ?? '');
  if ('options' in read) return read.options;
  for (const message of read.faults) findings.fault(lineOf(code), `${kind}: ${message}`);
  return undefined;
}

function checkedThresholds(
  kind: OwnKind,
  { warn, fail, worse }: Partial<Thresholds>,
  line: number,
  findings: Findings,
): Thresholds | undefined {
  const thresholds = thresholdsOf({
    ...(warn === undefined ? {} : { warn }),
    ...(fail === undefined ? {} : { fail }),
    ...(worse === undefined ? {} : { worse }),
  });
  if (typeof thresholds !== 'string') return thresholds;
  findings.fault(line, `${kind}: ${thresholds}`);
  return undefined;
}

function commonOf(
  what: string,
  options: { readonly title?: string; readonly timeoutMs: number },
  thresholds: Thresholds | undefined,
  line: number,
) {
  const { title = `${what} of line ${line}`, timeoutMs } = options;
  return { title, line, timeoutMs, ...(thresholds === undefined ? {} : { thresholds }) };
}

/** The line of the file on which the character at an offset of the block's text stands. */
function lineAt(code: Code, offset: number): number {
  return lineOf(code) + code.value.slice(0, offset).split('\n').length;
}
