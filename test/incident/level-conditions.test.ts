import { expect, test } from 'vitest';
import type { Command } from '../../src/incident/commands.ts';
import { isUnnecessary } from '../../src/incident/escalation.ts';
import type { AtOnceCondition, Level, Policy, Unless } from '../../src/incident/policy.ts';
import type { Incident } from '../../src/incident/state.ts';
import {
  at,
  cleared,
  inThread,
  levels,
  MINUTE,
  notification,
  only,
  owed,
  POLICY,
  RITA,
  types,
} from './given.ts';

const CHECK: Command = { type: 'CheckEscalation' };
const CORRUPTION: Command = { type: 'SuspectDataCorruption', by: RITA };

/** The contract's rules with another level for suspected damage. */
function atOnce(condition: Partial<Record<AtOnceCondition, number | 'next'>>): Policy {
  return { ...POLICY, escalation: { ...POLICY.escalation, atOnce: condition } };
}

test('an acknowledged incident skips the level that waits for it, and reaches the others', () => {
  const story = inThread().given({ type: 'Acknowledge', by: RITA });
  expect(levels(story.at(30 * MINUTE).when(CHECK).events)).toEqual([3, 4]);
});

test('a resolved incident reaches no level', () => {
  const story = inThread()
    .at(MINUTE)
    .given(notification(cleared('f1', MINUTE)));
  expect(story.at(60 * MINUTE).when(CHECK).events).toEqual([]);
  expect(story.when({ type: 'Escalate', by: RITA })).toMatchObject({
    events: [],
    told: { code: 'already_resolved' },
  });
  expect(story.when(CORRUPTION)).toMatchObject({ events: [], told: { code: 'already_resolved' } });
});

test.each<[Unless, Partial<Incident>]>([
  ['acknowledged', { acknowledged: { by: { id: 'U1', via: 'slack' }, at: at(0) } }],
  [
    'root_cause_identified',
    { rootCause: { title: 'a leak in catalytic-api', by: { id: 'U1', via: 'slack' }, at: at(0) } },
  ],
  ['mitigated', { mitigatedAt: at(0) }],
  ['resolved', { status: 'resolved' }],
])('a level with `unless: %s` is unnecessary then and only then', (unless, change) => {
  const level: Level = { name: 'L', afterMs: 0, pages: false, unless };
  const { incident } = inThread();
  expect(isUnnecessary(incident, level)).toBe(false);
  expect(isUnnecessary({ ...incident, ...change }, level)).toBe(true);
});

test('a level without a condition is unnecessary only once the incident is resolved', () => {
  const level: Level = { name: 'L', afterMs: 0, pages: false };
  const { incident } = inThread().given({ type: 'Acknowledge', by: RITA });
  expect(
    isUnnecessary(
      {
        ...incident,
        rootCause: { title: 'x', by: { id: 'U1', via: 'slack' }, at: at(0) },
        mitigatedAt: at(0),
      },
      level,
    ),
  ).toBe(false);
  expect(isUnnecessary({ ...incident, status: 'resolved' }, level)).toBe(true);
});

test('suspected damage goes to its level at once, acknowledged or not', () => {
  const story = inThread().given({ type: 'Acknowledge', by: RITA });
  const { events, effects } = story.at(MINUTE).when(CORRUPTION);
  expect(types(events)).toEqual(['DataCorruptionSuspected', 'LevelReached']);
  expect(only(events, 'LevelReached')[0]).toMatchObject({
    level: 4,
    why: 'at_once',
    condition: 'data_corruption',
  });
  expect(owed(effects)).toContain('trigger L4');
});

test('suspected damage that goes to the next level goes one above the highest in force', () => {
  const story = inThread(atOnce({ data_corruption: 'next' })).given({ type: 'Escalate', by: RITA });
  expect(levels(story.when(CORRUPTION).events)).toEqual([3]);
});

test('suspected damage is noted even where no level is set for it, or its level is reached or missing', () => {
  for (const policy of [atOnce({}), atOnce({ data_corruption: 1 }), atOnce({ data_corruption: 9 })]) {
    expect(types(inThread(policy).when(CORRUPTION).events)).toEqual(['DataCorruptionSuspected']);
  }
  const top = inThread(atOnce({ data_corruption: 'next' })).given({ type: 'Escalate', by: RITA, level: 4 });
  expect(types(top.when(CORRUPTION).events)).toEqual(['DataCorruptionSuspected']);
});

test('the second suspicion changes nothing', () => {
  expect(inThread().given(CORRUPTION).when(CORRUPTION)).toMatchObject({ events: [], told: { code: 'done' } });
});
