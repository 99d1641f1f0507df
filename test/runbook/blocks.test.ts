import { expect, test } from 'vitest';
import { describe as linesOf, parseRunbook } from '../../src/runbook/index.ts';
import { withStep } from './sample.ts';

const stepOf = (content: string) => parseRunbook(withStep(content), 'own.md').steps[0];

test('a block of SQL carries its title, thresholds, column and timeout', () => {
  const step = stepOf(
    'Why.\n\n```sql title="Orders stuck" warn=10 fail=100 column=count timeout=500ms\nselect count(*)\n  from orders;\n```',
  );
  expect(step).toEqual({
    number: 1,
    title: 'Look',
    intent: 'Why.',
    checks: [
      {
        kind: 'sql',
        title: 'Orders stuck',
        line: 16,
        timeoutMs: 500,
        thresholds: { warn: 10, fail: 100, worse: 'above' },
        statement: 'select count(*)\n  from orders',
        column: 'count',
      },
    ],
  });
});

test('less is worse where fail is less than warn', () => {
  const step = stepOf('```promql warn=10 fail=2\n# free\nmax(free) # each\n  - 1\n```');
  expect(step?.checks[0]).toMatchObject({
    kind: 'promql',
    title: 'PromQL of line 14',
    expression: 'max(free) - 1',
    thresholds: { warn: 10, fail: 2, worse: 'below' },
    timeoutMs: 2_000,
  });
});

test('a block of log patterns is plain text, a pattern a line', () => {
  const step = stepOf('```logs title="Leaks" lines=50 warn=1\nQueuePool limit\n  (a+)+$\n```');
  expect(step?.checks[0]).toMatchObject({
    kind: 'logs',
    lines: 50,
    patterns: ['QueuePool limit', '(a+)+$'],
    thresholds: { warn: 1, worse: 'above' },
  });
});

test.each([
  "select ';' , \"a;b\", $$;$$, $q$ $$; $q$, E'\\'; ' -- ;\n/* ; /* ; */ ; */ from t;",
  '(select 1) union (select 2)',
  'with a as (select 1) select * from a',
  'explain select 1',
  'SHOW max_connections',
  'table pg_stat_activity',
  "values ('pg_terminate_backend')",
  'select n_tup_upd, last_update from t',
  '-- a note first\nselect 1 ; ; ',
])('%s is one reading statement', (statement) => {
  expect(stepOf(`\`\`\`sql\n${statement}\n\`\`\``)?.checks).toHaveLength(1);
});

test('a step names built-in checks with and without parameters, and defaults fill the rest', () => {
  const step = stepOf(
    '```checks\n- utilisation\n- leaks: { idle_over: 30m }\n- settings:\n- traffic:\n    flood: 5\n```',
  );
  expect(step?.checks).toEqual([
    { kind: 'builtin', name: 'utilisation', line: 15, params: { warn: 75, historyMs: 3_600_000 } },
    {
      kind: 'builtin',
      name: 'leaks',
      line: 16,
      params: { idleOverMs: 1_800_000, inTransactionOverMs: 60_000, top: 10 },
    },
    { kind: 'builtin', name: 'settings', line: 17, params: {} },
    { kind: 'builtin', name: 'traffic', line: 18, params: { spike: 2, flood: 5, baselineMs: 3_600_000 } },
  ]);
});

test('what a step would run is told in one line a check', () => {
  const text = withStep(
    '```checks\n- leaks: { idle_over: 30m }\n```\n\n```sql title="Stuck" warn=1 column=n\nselect n\n  from t\n```\n\n```logs\npool\n```',
  );
  expect(linesOf(parseRunbook(text, 'own.md'))).toEqual([
    'Step 1: Look',
    '  leaks: idle_over 30m, in_transaction_over 1m, top 10',
    '  sql "Stuck" (at most 2s; warns when n >= 1): select n from t',
    '  logs "Log of line 23" (at most 2s): last 500 lines, "pool"',
  ]);
});
