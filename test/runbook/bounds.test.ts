import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SHIPPED_RUNBOOK } from '../../src/runbook/index.ts';
import { runs } from '../support/fuzz.ts';
import { faultsOf, withStep } from './sample.ts';

/** Pieces that mean something to the parser, so that nonsense gets further than the first check. */
const PIECES = [
  ...['# ', '## ', '### Step 1: ', '### Step 2: ', '## Alert', '## Diagnosis', '## Links', '## Escalation'],
  ...['## Resolution', '### Immediate', '### Levels', '## Root causes', '## Prevention', '## Changelog'],
  ...['\n', '\n\n', '\r', '- ', '1. ', '> ', '    ', '```', '~~~', '```checks\n', '```sql ', '```logs\n'],
  ...['```promql\n', '- locks', '{', '}', '[', ']', '(', ')', '*', '**', '_', '`', '"', "'", '$$', '/*', ';'],
  ...[
    '**Names**: ',
    'Remedy: `',
    '[a]: b',
    '[a](b)',
    '<a>',
    '<!--',
    '&amp;',
    '\\',
    '%',
    '\0',
    '\ud800',
    '- [ ] ',
  ],
];
const markdown = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 80 })
  .map((pieces) => pieces.join(''));

test('no text makes the parser throw anything but a RunbookError', () => {
  fc.assert(
    fc.property(markdown, fc.boolean(), (text, inStep) => {
      expect(Array.isArray(faultsOf(inStep ? withStep(text) : text))).toBe(true);
    }),
    { numRuns: runs(120) },
  );
});

test('a cut or garbled copy of the shipped runbook is refused or read, never more', () => {
  const shipped = readFileSync(SHIPPED_RUNBOOK, 'utf8');
  const place = fc.nat(shipped.length);
  fc.assert(
    fc.property(place, fc.nat(400), fc.constantFrom(...PIECES), (at, length, piece) => {
      faultsOf(shipped.slice(0, at) + piece + shipped.slice(at + length));
    }),
    { numRuns: runs(50) },
  );
});

/** Each would take minutes, were its time to grow with the square of 120 KiB. */
test.each([
  ['emphasis in one paragraph', '*a_ '.repeat(30), '\n'],
  ['emphasis in many paragraphs', '*a_ '.repeat(200), '\n\n'],
  ['brackets', '[a]('.repeat(400), '\n\n'],
  ['quotes', `${'>'.repeat(900)}a`, '\n'],
  ['lists', `${'- '.repeat(900)}a`, '\n'],
  ['code spans', '`a``'.repeat(900), '\n'],
  ['options', 'a ', ''],
  ['comments in SQL', '/*', ''],
  ['parameters in SQL', '$1 ', ''],
  ['checks', '```checks\n- lock: { a: 1, b: 2 }\n- 5\n```', '\n'],
  ['keys in YAML', '- a: b\n  c: d\n', ''],
  ['colons', ': '.repeat(900), '\n'],
])(
  'a long text of %s is read in seconds',
  (what, unit, end) => {
    const body = `${unit}${end}`.repeat(Math.floor((100 * 1024) / (unit.length + end.length)));
    const text =
      what === 'options'
        ? withStep(`\`\`\`sql ${body.slice(0, 3_900)}\n\`\`\``)
        : what.endsWith('SQL')
          ? withStep(`\`\`\`sql\n${body.replaceAll(/(.{900})/g, '$1\n')}\n\`\`\``)
          : withStep(body);
    const before = process.cpuUsage();
    faultsOf(text);
    const { user } = process.cpuUsage(before);
    expect(user / 1_000).toBeLessThan(10_000);
  },
  60_000,
);
