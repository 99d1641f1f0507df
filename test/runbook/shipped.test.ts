import { expect, test } from 'vitest';
import { DAY_MS, MINUTE_MS } from '../../src/config/duration.ts';
import { describe as linesOf, shippedRunbook } from '../../src/runbook/index.ts';

const runbook = shippedRunbook();

test('the shipped runbook answers the alert at 90 per cent for five minutes', () => {
  expect(runbook.name).toBe('database-connection-pool-exhaustion');
  expect(runbook.alert).toEqual({
    names: ['DatabaseConnectionPoolExhaustion'],
    severity: 'critical',
    threshold: 90,
    durationMs: 5 * MINUTE_MS,
    category: 'security, performance',
  });
  expect(runbook.description).not.toBe('');
  expect(runbook.impact).toHaveLength(5);
  expect(runbook.symptoms).toHaveLength(5);
  expect(runbook.notes).toEqual([]);
});

test('the shipped runbook has five steps, and each names its checks with their figures', () => {
  expect(linesOf(runbook)).toEqual([
    'Step 1: How full the pool is',
    '  utilisation: warn 75, history 1h',
    'Step 2: Who holds the connections',
    '  connections: over 1m, top 20',
    '  locks: over 1s, top 10',
    '  prepared: over 1m',
    '  vacuum: over 5m',
    '  pgbouncer: max_wait 1s',
    'Step 3: Connections that were never given back',
    '  leaks: in_transaction_over 1m, top 10',
    '  logs: lines 500, patterns connection | pool',
    '  settings',
    'Step 4: Traffic',
    '  traffic: spike 2, flood 10, baseline 1h',
    'Step 5: Slow queries',
    '  slow_queries: top 10, over 500ms',
    '  replication: lag 30s',
  ]);
  for (const { intent } of runbook.steps) {
    expect(intent).not.toBe('');
    expect(intent).not.toContain('```');
  }
});

test('the shipped runbook escalates over four levels, at 0, 5, 15 and 30 minutes', () => {
  expect(runbook.escalation.levels).toEqual([
    { level: 1, name: 'On-call engineer', fromMs: 0, toMs: 5 * MINUTE_MS },
    { level: 2, name: 'Database administrator', fromMs: 5 * MINUTE_MS, toMs: 15 * MINUTE_MS },
    { level: 3, name: 'Infrastructure lead', fromMs: 15 * MINUTE_MS, toMs: 30 * MINUTE_MS },
    { level: 4, name: 'CTO', fromMs: 30 * MINUTE_MS, orWhen: 'data corruption' },
  ]);
  expect(runbook.escalation.conditions).toHaveLength(5);
  expect(runbook.escalation.contacts.map(({ where }) => where)).toEqual([
    '#backend-team',
    '#database-team',
    '#infrastructure',
    'PagerDuty',
    '`escalation.hotline` in lifeguard.yaml',
  ]);
});

test('the shipped runbook offers remedies by horizon, with the time that each allows', () => {
  const { immediate, shortTerm, longTerm } = runbook.resolutions;
  expect(immediate.map(({ remedy }) => remedy)).toEqual(['pool_size', 'terminate', 'cancel', 'restart']);
  expect(immediate.map(({ withinMs }) => withinMs)).toEqual(Array(4).fill(2 * MINUTE_MS));
  expect(shortTerm.map(({ title }) => title)).toEqual([
    'Close the leak',
    'Set the pool’s options'.replace('’', "'"),
    'Measure the pool',
    'Limit idle transactions',
  ]);
  expect(shortTerm[0]?.withinMs).toBe(30 * MINUTE_MS);
  expect(shortTerm[1]?.prose).toContain('"pool_size": 20');
  expect(shortTerm[3]?.remedy).toBe('timeout');
  expect(longTerm).toHaveLength(5);
  expect(longTerm[0]?.withinMs).toBe(7 * DAY_MS);
});

test('the shipped runbook lists root causes, prevention, related alerts, links and changes', () => {
  expect(runbook.rootCauses.map(({ group, causes }) => [group, causes.length])).toEqual([
    ['Application', 5],
    ['Database', 4],
    ['Configuration', 4],
    ['Traffic', 4],
  ]);
  expect(runbook.prevention.map(({ title, items }) => [title, items.length])).toEqual([
    ['Code review', 5],
    ['Automated tests', 1],
    ['Dashboard of the pool', 5],
    ['Load tests', 1],
    ['Capacity planning', 3],
  ]);
  expect(runbook.prevention[0]?.items[0]).toBe('Every connection is opened in a block that closes it');
  expect(runbook.relatedAlerts.map(({ name }) => name)).toEqual([
    'HighDatabaseQueryLatency',
    'HighAPILatency',
    'HighErrorRate',
    'AnomalousAPIUsage',
  ]);
  expect(runbook.links).toHaveLength(4);
  expect(runbook.links[0]).toEqual({
    title: 'Grafana dashboard',
    url: 'http://localhost:3000/d/catalytic-security-overview',
  });
  expect(runbook.changelog[0]).toEqual({ date: '2025-10-06', what: 'First version' });
});
