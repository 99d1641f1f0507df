import { suggestion } from '../config/nearest.ts';
import type { Findings } from './fault.ts';
import { itemsOf, keyAndValue } from './lists.ts';
import type { Part } from './outline.ts';
import { spanOf } from './spans.ts';
import { ALERT_SEVERITIES, type AlertSeverity, type RunbookAlert } from './types.ts';

const KEYS = ['names', 'severity', 'threshold', 'duration', 'category'] as const;
type Key = (typeof KEYS)[number];

/** Other words for a key. */
const ALIASES: Readonly<Record<string, Key>> = {
  name: 'names',
  alerts: 'names',
  'alert name': 'names',
  'alert names': 'names',
  for: 'duration',
};

interface Given {
  readonly value: string;
  readonly line: number;
}

/** Reads the section on the alert: a list of `**Key**: value`. */
export function readAlert(part: Part, findings: Findings): RunbookAlert | undefined {
  const given = new Map<Key, Given>();
  for (const { text, line } of itemsOf(part.blocks)) {
    const { key, value } = keyAndValue(text);
    const known = keyOf(key);
    if (known === undefined) {
      findings.fault(line, `alert: unknown key \`${key.slice(0, 60)}\`${suggestion(key.slice(0, 60), KEYS)}`);
    } else if (given.has(known)) {
      findings.fault(line, `alert: \`${known}\` is given twice`);
    } else {
      given.set(known, { value, line });
    }
  }
  const read = <T>(key: Key, form: string, parse: (value: string) => T | undefined): T | undefined => {
    const found = given.get(key);
    if (found === undefined) {
      findings.fault(part.line, `alert: \`${key}\` is missing: add an item such as ${form}`);
      return undefined;
    }
    const value = parse(found.value);
    if (value === undefined) findings.fault(found.line, `alert: \`${key}\` must read such as ${form}`);
    return value;
  };
  const names = read('names', '`**Names**: DatabaseConnectionPoolExhaustion`', namesOf);
  const severity = read(
    'severity',
    `\`**Severity**: critical\` (${ALERT_SEVERITIES.join(', ')})`,
    severityOf,
  );
  const threshold = read('threshold', '`**Threshold**: more than 90 %`', percentOf);
  const durationMs = read('duration', '`**Duration**: 5 minutes`', spanOf);
  const category = given.get('category')?.value;
  if (names === undefined || severity === undefined || threshold === undefined || durationMs === undefined) {
    return undefined;
  }
  return { names, severity, threshold, durationMs, ...(category ? { category } : {}) };
}

function keyOf(text: string): Key | undefined {
  const plain = text.toLowerCase();
  return KEYS.find((key) => key === plain) ?? (Object.hasOwn(ALIASES, plain) ? ALIASES[plain] : undefined);
}

function namesOf(value: string): readonly string[] | undefined {
  const names = value
    .split(',')
    .map((name) => name.replaceAll('`', '').trim())
    .filter((name) => name !== '');
  return names.length > 0 && names.every((name) => /^\S+$/.test(name)) ? names : undefined;
}

function severityOf(value: string): AlertSeverity | undefined {
  const plain = value.toLowerCase();
  return ALERT_SEVERITIES.find((severity) => severity === plain);
}

/** The one percentage in a text, from 1 to 100. */
function percentOf(value: string): number | undefined {
  const found = [...value.matchAll(/(?<![\d.])(\d{1,3}(?:\.\d{1,3})?) ?(?:%|per ?cent)/g)];
  const percent = Number(found[0]?.[1]);
  return found.length === 1 && percent >= 1 && percent <= 100 ? percent : undefined;
}
