import { expect, test } from 'vitest';
import type { Alert } from '../../src/incident/alerts.ts';
import type { Command } from '../../src/incident/commands.ts';
import type { Facts } from '../../src/incident/facts.ts';
import type { Policy } from '../../src/incident/policy.ts';
import {
  at,
  cleared,
  firing,
  inThread,
  levels,
  MINUTE,
  notification,
  only,
  owed,
  POLICY,
  RITA,
  Story,
  types,
} from './given.ts';

const SILENT: Command = { type: 'RecordUnresponsive', since: at(MINUTE), detail: 'ECONNREFUSED' };
const ANSWERS: Command = { type: 'RecordResponsive' };

/** The contract's rules with other levels for the conditions. */
function atOnce(levels: Policy['escalation']['atOnce']): Policy {
  return { ...POLICY, escalation: { ...POLICY.escalation, atOnce: levels } };
}

/** An alert of the group with other labels. */
function alert(name: string, labels: Record<string, string> = {}, since = 0): Alert {
  const one = firing(name, since);
  return { ...one, labels: { ...one.labels, alertname: name, ...labels } };
}

/** Step 2 came back with these facts. */
function found(facts: Partial<Facts>, run = 1): Command {
  const findings = { headline: '', lines: [] };
  return { type: 'RecordStep', step: 2, run, ok: true, ms: 1, findings, facts };
}

test('a database that does not answer reaches its level at once, with its evidence, once in a firing', () => {
  const story = inThread().at(2 * MINUTE);
  const { events, effects } = story.when(SILENT);
  expect(events).toMatchObject([
    { type: 'DatabaseUnresponsive', since: at(MINUTE), detail: 'ECONNREFUSED' },
    { type: 'LevelReached', level: 2, why: 'at_once', condition: 'database_unresponsive' },
  ]);
  expect(owed(effects)).toContain('trigger L2');
  expect(story.when(SILENT).events).toEqual([]);
  expect(story.incident.unresponsive).toEqual({ since: at(MINUTE), detail: 'ECONNREFUSED' });
});

test('when it answers again, the checks run again: what they could not see is out of date', () => {
  const story = inThread().given(found({}), SILENT);
  const { events, effects } = story.at(3 * MINUTE).when(ANSWERS);
  expect(types(events)).toEqual(['DatabaseResponsive', 'StepStarted']);
  expect(owed(effects)).toContain('step 2 run 2');
});

test('a database that comes and goes is on the timeline each time, in the thread and on a pager once', () => {
  const story = inThread(atOnce({ database_unresponsive: 'next' })).given(SILENT);
  const back = story.at(3 * MINUTE).when(ANSWERS);
  expect(types(back.events)).toEqual(['DatabaseResponsive']);
  const notes = story.incident.notes.length;
  const again = story.at(4 * MINUTE).when({ ...SILENT, since: at(3 * MINUTE) });
  expect(types(again.events)).toEqual(['DatabaseUnresponsive']);
  expect(types(story.when(ANSWERS).events)).toEqual(['DatabaseResponsive']);
  expect(story.incident.notes).toHaveLength(notes);
});

test('a database that answers, or whose incident is over, changes nothing', () => {
  expect(inThread().when(ANSWERS).events).toEqual([]);
  const over = inThread().given(notification(cleared()));
  expect(over.when(SILENT).events).toEqual([]);
  expect(new Story().when(SILENT).events).toEqual([]);
});

test('a new firing finds the silence anew, and its level once more', () => {
  const story = inThread()
    .given(SILENT, notification(cleared('f1', MINUTE)))
    .at(5 * MINUTE);
  story.given(notification(firing('f1', 5 * MINUTE)));
  expect(story.incident.firing).toBe(2);
  expect(levels(story.when(SILENT).events)).toEqual([2]);
});

test('alerts of two services in the group reach the level for it at once, and say which', () => {
  const story = new Story().given(notification(alert('PoolFull', { service: 'orders' })));
  const { events } = story.when(notification(alert('QueueFull', { service: 'carts' }, MINUTE)));
  expect(only(events, 'ServicesAffected')).toMatchObject([{ services: ['carts', 'orders'], alerts: [] }]);
  expect(only(events, 'LevelReached')).toMatchObject([{ level: 3, condition: 'multiple_services' }]);
  expect(types(story.when(notification(alert('Third', { service: 'third' }, MINUTE))).events)).toEqual([
    'AlertFired',
  ]);
});

test.each<[string, Record<string, string>, Record<string, string>, boolean]>([
  ['two jobs', { job: 'orders' }, { job: 'carts' }, true],
  ['one job', { job: 'orders' }, { job: 'orders' }, false],
  ['two services of one job', { job: 'pods', service: 'orders' }, { job: 'pods', service: 'carts' }, true],
  ['a service and its own job', { job: 'api', service: 'orders' }, { job: 'api' }, false],
  ['no such label', {}, {}, false],
  ['an empty one', { service: 'orders' }, { service: '' }, false],
])('%s: several services or not', (_name, one, other, several) => {
  const story = new Story().given(notification(alert('A', one), alert('B', other)));
  expect(story.incident.services !== undefined).toBe(several);
});

test.each(['HighDatabaseQueryLatency', 'HighAPILatency', 'HighErrorRate', 'AnomalousAPIUsage'])(
  '%s beside the alert of the pool means several services',
  (name) => {
    const { events } = inThread().when(notification(alert(name, {}, MINUTE)));
    expect(only(events, 'ServicesAffected')).toMatchObject([{ services: [], alerts: [name] }]);
    expect(levels(events)).toEqual([3]);
  },
);

test('a related alert alone, or one that has cleared, does not', () => {
  expect(new Story().given(notification(alert('HighAPILatency'))).incident.services).toBeUndefined();
  const gone: Alert = { ...alert('HighErrorRate'), status: 'resolved', endsAt: at(MINUTE) };
  expect(inThread().given(notification(gone)).incident.services).toBeUndefined();
});

test('the related alerts are those that the runbook names', () => {
  const policy = { ...POLICY, relatedAlerts: ['QueueFull'] };
  expect(inThread(policy).given(notification(alert('HighAPILatency'))).incident.services).toBeUndefined();
  expect(inThread(policy).given(notification(alert('QueueFull'))).incident.services).toBeDefined();
});

test('damage that the checks met reaches the level of data corruption at once, with its evidence', () => {
  const story = inThread().at(MINUTE);
  const damage = { kind: 'sqlstate', sqlstate: 'XX001', message: 'invalid page in block 3' } as const;
  const { events } = story.when(found({ damage }));
  expect(only(events, 'DataCorruptionSuspected')).toMatchObject([
    { by: { via: 'system' }, evidence: 'SQLSTATE XX001: invalid page in block 3' },
  ]);
  expect(only(events, 'LevelReached')).toMatchObject([{ level: 4, condition: 'data_corruption' }]);
  story.given({ type: 'RunStep', by: RITA, step: 2 });
  expect(types(story.when(found({ damage }, 2)).events)).toEqual(['StepFinished']);
  expect(story.when({ type: 'SuspectDataCorruption', by: RITA }).events).toEqual([]);
});

test('wrong checksums count from an hour before the incident on; those of long ago do not', () => {
  const checksum = (ago: number): Partial<Facts> => ({
    damage: { kind: 'checksum', database: 'orders', failures: 2, lastAt: at(-ago) },
  });
  expect(types(inThread().when(found(checksum(61 * MINUTE))).events)).toEqual(['StepFinished']);
  const { events } = inThread().when(found(checksum(59 * MINUTE)));
  expect(only(events, 'DataCorruptionSuspected')[0]?.evidence).toBe(
    '2 wrong checksums in database orders, the last 2026-03-02 02:01:00 UTC',
  );
});

test('a condition without a level is said all the same, and calls nobody', () => {
  const story = inThread(atOnce({}));
  expect(types(story.when(SILENT).events)).toEqual(['DatabaseUnresponsive']);
  expect(types(story.when(notification(alert('HighAPILatency'))).events)).toEqual([
    'AlertFired',
    'ServicesAffected',
  ]);
});

test('no root cause after 15 minutes reaches level 3, and that is given as its reason', () => {
  const story = inThread().given({ type: 'Acknowledge', by: RITA });
  const { events } = story.at(15 * MINUTE).when({ type: 'CheckEscalation' });
  expect(only(events, 'LevelReached')).toMatchObject([
    { level: 3, why: 'due', unless: 'root_cause_identified', afterMs: 15 * MINUTE },
  ]);
});
