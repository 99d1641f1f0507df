import { describe, expect, test } from 'vitest';
import { parseRunbook } from '../../src/runbook/index.ts';
import { faultsOf, LEAST, withStep } from './sample.ts';

describe('a fault in a runbook is told with its line and its mend', () => {
  const checks = (yaml: string) => withStep(`\`\`\`checks\n${yaml}\n\`\`\``);
  const sql = (text: string, options = '') => withStep(`\`\`\`sql ${options}\n${text}\n\`\`\``);

  test.each<[string, string, string[]]>([
    ['no step', LEAST, ['10: diagnosis: has no step']],
    ['a step without a number', `${LEAST}\n### Step: Look\n`, ['12: diagnosis: has no step number']],
    [
      'a step twice',
      `${withStep('Prose.')}\n### Step 1: Again\n`,
      ['16: diagnosis: step 1 stands on line 12 already'],
    ],
    ['a step left out', `${LEAST}\n### Step 2: Look\n`, ['12: diagnosis: step 1 is missing']],
    [
      'an unknown check',
      checks('- locks\n- utilization'),
      ['16: checks: there is no check `utilization`; did you mean `utilisation`?'],
    ],
    [
      'an unknown parameter',
      checks('- locks: { ovr: 1s }'),
      ['15: locks.ovr: unknown key `ovr`; did you mean `over`?'],
    ],
    [
      'a parameter that is no duration',
      checks('- locks:\n    over: soon\n    top: 0'),
      [
        '16: locks.over: "soon" is not a duration',
        '17: locks.top: must be a number of entries from 1 to 100',
      ],
    ],
    [
      'a spike above the flood',
      checks('- traffic: { spike: 20 }'),
      ['15: traffic: `spike` must be below `flood`'],
    ],
    [
      'a check twice',
      checks('- locks\n- locks'),
      ['16: checks: `locks` is named on line 15 of this step already'],
    ],
    ['a block that is no list', checks('locks: {}'), ['14: checks: must be a list of checks']],
    ['an item that is no name', checks('- 5'), ['15: checks: each item is the name of a check']],
    ['YAML that is none', checks('- [locks'), ['15: checks: ']],
    [
      'a misspelt kind of block',
      withStep('```check\n- locks\n```'),
      ['14: `check` is no kind of check; did you mean `checks`?'],
    ],
    [
      'checks outside a step',
      withStep('').replace('## Diagnosis', '```checks\n- locks\n```\n## Diagnosis'),
      ['10: checks: stands in no step'],
    ],
    [
      'checks in a list',
      withStep('- item\n\n  ```checks\n  - locks\n  ```'),
      ['16: checks: stands in no step'],
    ],
    ['SQL that writes', sql('\n-- tidy\ndelete from t'), ['17: sql: must begin with select, with, show']],
    [
      'SQL that writes in a with',
      sql('with gone as (\n  delete from t returning 1\n) select 1 from gone'),
      ['16: sql: `delete` changes data'],
    ],
    ['two statements', sql('select 1;\nselect 2'), ['16: sql: is a second statement']],
    [
      'a remedy as a check',
      sql('select PG_Terminate_Backend(7)'),
      ['15: sql: `pg_terminate_backend` acts on the server'],
    ],
    ['a parameter in SQL', sql('select $1'), ['15: sql: `$1` is a parameter']],
    ['an open quote', sql("select 'it"), ['15: sql: the quote is never closed']],
    ['no SQL', sql('-- later'), ['15: sql: has no statement']],
    ['a psql command', sql('\\d orders'), ['15: sql: must begin with']],
    [
      'a threshold in words',
      sql('select 1', 'warn=ten column=count'),
      ['14: sql: option `warn` must be a number, not "ten"'],
    ],
    ['thresholds without a column', sql('select 1', 'warn=1'), ['14: sql: `warn` and `fail` need `column`']],
    [
      'equal thresholds',
      sql('select 1', 'warn=1 fail=1 column=n'),
      ['14: sql: options `warn` and `fail` are the same'],
    ],
    [
      'a direction against the thresholds',
      sql('select 1', 'warn=1 fail=2 worse=below column=n'),
      ['14: sql: option `worse=below` contradicts'],
    ],
    [
      'an unknown option',
      sql('select 1', 'titel="A b"'),
      ['14: sql: unknown option `titel`; did you mean `title`?'],
    ],
    ['a timeout too long', sql('select 1', 'timeout=10m'), ['14: sql: option `timeout` must be at most 30s']],
    [
      'an option twice',
      sql('select 1', 'timeout=1s timeout=2s'),
      ['14: sql: option `timeout` is given twice'],
    ],
    ['options that are none', sql('select 1', 'title="open'), ['14: sql: cannot read the options']],
    ['a bracket too few', withStep('```promql\nrate(x[5m]\n```'), ['15: promql: `(` is never closed']],
    ['a bracket too many', withStep('```promql\n\nx)\n```'), ['16: promql: `)` closes nothing']],
    ['no patterns', withStep('```logs\n```'), ['14: logs: needs 1 to 50 patterns']],
  ])('%s', (_, text, expected) => {
    const faults = faultsOf(text);
    expect(faults).toHaveLength(expected.length);
    expected.forEach((beginning, index) => {
      expect(faults[index]?.startsWith(beginning), faults[index]).toBe(true);
    });
  });

  const rest = withStep('Prose.');
  test.each<[string, string, string[]]>([
    [
      'an empty file',
      '',
      ['1: has no title', '1: has no section `## Alert`', '1: has no section `## Diagnosis`'],
    ],
    ['a second title', `${rest}# Other\n`, ['15: is a second title']],
    [
      'a misspelt section',
      `${rest}## Resoluton\n`,
      ['15: section `Resoluton` is not known; did you mean `Resolution`?'],
    ],
    ['a section twice', `${rest}## Alert\n`, ['15: section `Alert` stands on line 3 already']],
    [
      'an alert without a percentage',
      rest.replace('above 80 %', 'high'),
      ['7: alert: `threshold` must read such as'],
    ],
    [
      'an alert without a severity',
      rest.replace('- **Severity**: warning\n', ''),
      ['3: alert: `severity` is missing'],
    ],
    ['an unknown severity', rest.replace('warning', 'urgent'), ['6: alert: `severity` must read such as']],
    [
      'an unknown key of the alert',
      rest.replace('Duration', 'Duratoin'),
      ['3: alert: `duration` is missing', '8: alert: unknown key `Duratoin`; did you mean `duration`?'],
    ],
    [
      'an unknown remedy',
      `${rest}## Resolution\n### Immediate\n1. **End it**. Remedy: \`terminat\`\n`,
      ['17: resolution: there is no remedy `terminat`; did you mean `terminate`?'],
    ],
    ['an unknown horizon', `${rest}## Resolution\n### Some day\n`, ['16: resolution: a heading begins with']],
    [
      'levels with a gap',
      `${rest}## Escalation\n### Levels\n1. Level 1: A (0-5 minutes)\n2. Level 2: B (10+ minutes)\n`,
      ['18: escalation: level 2 must begin when the level before it ends'],
    ],
    [
      'a level without a time',
      `${rest}## Escalation\n### Levels\n1. Level 1: A\n`,
      ['17: escalation: write a level as'],
    ],
    [
      'a cause without a group',
      `${rest}## Root causes\n- Leak\n`,
      ['16: root causes: the cause stands in no group'],
    ],
    [
      'a related alert without a reason',
      `${rest}## Related alerts\n- \`A\`\n`,
      ['16: related alerts: write the name'],
    ],
    [
      'a link that is none of the web',
      `${rest}## Links\n- [A](javascript:x)\n`,
      ['16: links: an address must begin with http'],
    ],
    ['a day that is none', `${rest}## Changelog\n- 2025-02-30: x\n`, ['16: changelog: write the day']],
    ['a line too long', `${rest}${'x'.repeat(4_001)}\n`, ['15: is longer than 4000 characters']],
    ['a file too long', `${rest}${'x\n'.repeat(70_000)}`, ['1: is longer than 128 KiB']],
    ['endless nesting', `${rest}${'> '.repeat(60)}x\n`, ['15: is nested deeper than 16 levels']],
    [
      'nesting line by line',
      `${rest}${Array.from({ length: 40 }, (_, depth) => `${'  '.repeat(depth)}- x\n`).join('')}`,
      ['31: is nested deeper than 16 levels'],
    ],
    [
      'checks in a section that is for readers',
      `${rest}## Glossary\n\n\`\`\`checks\n- locks\n\`\`\`\n`,
      ['17: checks: stands in no step'],
    ],
  ])('%s', (_, text, expected) => {
    const faults = faultsOf(text);
    expect(faults).toHaveLength(expected.length);
    expected.forEach((beginning, index) => {
      expect(faults[index]?.startsWith(beginning), faults[index]).toBe(true);
    });
  });

  test('all faults are told at once, in the order of the file', () => {
    const text = rest
      .replace('warning', 'urgent')
      .replace('80 %', 'x')
      .replace('Prose.', '```sql\ndrop table t\n```');
    expect(faultsOf(text).map((fault) => fault.split(':')[0])).toEqual(['6', '7', '15']);
  });
});

test('a shell block is prose, never a check, and a note says so', () => {
  const runbook = parseRunbook(withStep('```bash\nrm -rf /\n```'), 'own.md');
  expect(runbook.steps[0]?.checks).toEqual([]);
  expect(runbook.notes.map(({ line, message }) => `${line}: ${message}`)).toEqual([
    '12: step 1 has no checks: it is left to people',
    '14: the `bash` block is shown to people; it is never run',
  ]);
});
