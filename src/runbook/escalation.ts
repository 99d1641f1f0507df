import { MINUTE_MS } from '../config/duration.ts';
import type { Findings } from './fault.ts';
import { itemsOf, keyAndValue } from './lists.ts';
import { type Part, partsOf } from './outline.ts';
import type { RunbookEscalation, RunbookLevel } from './types.ts';

const CONDITIONS = /^(when|conditions)\b/i;
const LEVELS = /^(escalation )?(path|levels)\b/i;
const CONTACTS = /^contacts?\b/i;

/** `Level 1: name (0-5 minutes)`; the last `(30+ minutes or a condition)`. */
const LEVEL =
  /^level (\d{1,2}): ?([^()]+)\((\d{1,4})(?: ?[-–] ?(\d{1,4})| to (\d{1,4})|\+) ?min(?:utes?)?(?:,? or ([^()]+))?\)$/i;

/** Reads the escalation: headings `###` for when, for the levels and for the contacts, a list under each. */
export function readEscalation(part: Part | undefined, findings: Findings): RunbookEscalation {
  if (part === undefined) return { conditions: [], levels: [], contacts: [] };
  const { parts } = partsOf(part.blocks, 3);
  const under = (form: RegExp) =>
    parts.filter(({ title }) => form.test(title)).flatMap(({ blocks }) => blocks);
  for (const { title, line } of parts) {
    if ([CONDITIONS, LEVELS, CONTACTS].some((form) => form.test(title))) continue;
    findings.fault(line, 'escalation: a heading begins with `When`, `Levels` or `Contacts`');
  }
  return {
    conditions: itemsOf(under(CONDITIONS)).map(({ text }) => text),
    levels: readLevels(itemsOf(under(LEVELS)), findings),
    contacts: itemsOf(under(CONTACTS)).map(({ text }) => {
      const { key, value } = keyAndValue(text);
      return { who: key, where: value };
    }),
  };
}

function readLevels(
  items: readonly { readonly text: string; readonly line: number }[],
  findings: Findings,
): readonly RunbookLevel[] {
  const levels: RunbookLevel[] = [];
  for (const { text, line } of items) {
    const level = levelOf(text);
    if (level === undefined) {
      findings.fault(line, 'escalation: write a level as `**Level 1**: On-call engineer (0-5 minutes)`');
      continue;
    }
    const before = levels.at(-1);
    const expected = (before?.level ?? 0) + 1;
    if (level.level !== expected) findings.fault(line, `escalation: level ${expected} must stand here`);
    const ended = before === undefined ? level.fromMs : before.toMs;
    if (ended !== level.fromMs) {
      findings.fault(line, `escalation: level ${level.level} must begin when the level before it ends`);
    }
    if (level.toMs !== undefined && level.toMs <= level.fromMs) {
      findings.fault(line, `escalation: level ${level.level} ends before it begins`);
    }
    levels.push(level);
  }
  return levels;
}

function levelOf(text: string): RunbookLevel | undefined {
  const [, level, name, from, dash, to = dash, orWhen] = LEVEL.exec(text) ?? [];
  if (level === undefined || name === undefined || from === undefined) return undefined;
  return {
    level: Number(level),
    name: name.trim(),
    fromMs: Number(from) * MINUTE_MS,
    ...(to === undefined ? {} : { toMs: Number(to) * MINUTE_MS }),
    ...(orWhen === undefined ? {} : { orWhen: orWhen.trim() }),
  };
}
