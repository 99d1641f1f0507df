import { formatDuration } from '../config/duration.ts';
import { oneLine } from './prose.ts';
import type { CheckCall, LogsCall, PromqlCall, Runbook, SqlCall, Thresholds } from './types.ts';

/** A statement is told by its beginning. */
const LONGEST_STATEMENT = 160;

/** What each step would run, a line each, in the order of the runbook. */
export function describe(runbook: Runbook): string[] {
  return runbook.steps.flatMap(({ number, title, checks }) => [
    `Step ${number}: ${title}`,
    ...(checks.length === 0
      ? ['  nothing: left to people']
      : checks.map((check) => `  ${describeCheck(check)}`)),
  ]);
}

function describeCheck(check: CheckCall): string {
  switch (check.kind) {
    case 'builtin': {
      const params = Object.entries(check.params).map(([key, value]) => parameter(key, value));
      return params.length === 0 ? check.name : `${check.name}: ${params.join(', ')}`;
    }
    case 'sql':
      return `${own(check, check.column)}: ${shortened(check.statement)}`;
    case 'promql':
      return `${own(check)}: ${shortened(check.expression)}`;
    case 'logs': {
      const patterns = check.patterns.map((pattern) => JSON.stringify(pattern)).join(', ');
      return `${own(check)}: last ${check.lines} lines, ${patterns}`;
    }
  }
}

/** A parameter as the runbook writes it: `overMs` of 60,000 is `over 1m`. */
function parameter(key: string, value: unknown): string {
  const name = key.replace(/Ms$/, '').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  if (key.endsWith('Ms') && typeof value === 'number') return `${name} ${formatDuration(value)}`;
  return `${name} ${Array.isArray(value) ? value.join(' | ') : String(value)}`;
}

function own(check: SqlCall | PromqlCall | LogsCall, column?: string): string {
  const parts = [`at most ${formatDuration(check.timeoutMs)}`, ...limits(check.thresholds, column)];
  return `${check.kind} "${check.title}" (${parts.join('; ')})`;
}

function limits(thresholds: Thresholds | undefined, column: string | undefined): string[] {
  if (thresholds === undefined) return [];
  const { warn, fail, worse } = thresholds;
  const sign = worse === 'above' ? '>=' : '<=';
  const what = column ?? 'value';
  return [
    ...(warn === undefined ? [] : [`warns when ${what} ${sign} ${warn}`]),
    ...(fail === undefined ? [] : [`fails when ${what} ${sign} ${fail}`]),
  ];
}

function shortened(text: string): string {
  const line = oneLine(text);
  return line.length > LONGEST_STATEMENT ? `${line.slice(0, LONGEST_STATEMENT)}…` : line;
}
