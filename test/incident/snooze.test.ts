import { expect, test } from 'vitest';
import type { Command } from '../../src/incident/commands.ts';
import { nextDue } from '../../src/incident/escalation.ts';
import {
  at,
  BEGIN,
  cleared,
  firing,
  GUEST,
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
const SNOOZE: Command = { type: 'Snooze', by: RITA, reason: 'the restart is under way' };

test('a snooze puts the next level off by ten minutes, with who and why, and sets a timer for it', () => {
  const story = inThread().at(MINUTE);
  const { events, effects, told } = story.when(SNOOZE);
  expect(told).toEqual({ code: 'snoozed', level: 2, until: at(15 * MINUTE) });
  expect(events).toMatchObject([
    { type: 'Snoozed', level: 2, by: { id: 'U0RITA' }, reason: 'the restart is under way' },
  ]);
  expect(owed(effects)).toContain(`CheckEscalation at ${at(15 * MINUTE)}`);
  expect(nextDue(story.incident, POLICY)).toMatchObject({ level: 2, at: BEGIN + 15 * MINUTE });
  expect(story.at(15 * MINUTE - 1).when(CHECK).events).toEqual([]);
  expect(levels(story.at(15 * MINUTE).when(CHECK).events)).toEqual([2, 3]);
});

test('lateness counts from the time that it was put off to', () => {
  const story = inThread().given(SNOOZE);
  const [reached] = only(story.at(16 * MINUTE).when(CHECK).events, 'LevelReached');
  expect(reached?.lateMs).toBe(MINUTE);
});

test('each level can be put off once, so none is reached more than ten minutes after its time', () => {
  const story = inThread().given(SNOOZE);
  expect(story.when(SNOOZE)).toMatchObject({ events: [], told: { code: 'snoozed_before', level: 2 } });
  story.given({ type: 'Acknowledge', by: RITA });
  expect(story.when(SNOOZE).told).toEqual({ code: 'snoozed', level: 3, until: at(25 * MINUTE) });
  expect(levels(story.at(25 * MINUTE).when(CHECK).events)).toEqual([3]);
  expect(story.when(SNOOZE).told).toMatchObject({ code: 'snoozed', level: 4, until: at(40 * MINUTE) });
  expect(story.when(SNOOZE).told).toMatchObject({ code: 'snoozed_before', level: 4 });
  expect(levels(story.at(40 * MINUTE).when(CHECK).events)).toEqual([4]);
  expect(story.when(SNOOZE).told).toEqual({ code: 'nothing_to_snooze' });
});

test('a level that is due already is reached instead', () => {
  const { events, told } = inThread()
    .at(5 * MINUTE)
    .when(SNOOZE);
  expect(levels(events)).toEqual([2]);
  expect(told).toEqual({ code: 'snooze_too_late', level: 2 });
});

test('a snooze holds up no condition that skips the wait, and ends with it', () => {
  const story = inThread().given(SNOOZE);
  expect(levels(story.at(4 * MINUTE).when({ type: 'RecordUnresponsive', since: at(0) }).events)).toEqual([2]);

  const damaged = inThread()
    .given(SNOOZE)
    .at(6 * MINUTE);
  const { events } = damaged.when({ type: 'SuspectDataCorruption', by: RITA });
  // What the snooze held up is due by the policy, and is called along with level 4.
  expect(levels(events)).toEqual([4, 2]);
  expect(only(events, 'SnoozeEnded')).toMatchObject([{ condition: 'data_corruption' }]);
  expect(damaged.when(SNOOZE)).toMatchObject({ events: [], told: { code: 'no_snooze_with_damage' } });
});

test('a condition that the policy names no level for leaves a snooze alone', () => {
  const policy = { ...POLICY, escalation: { ...POLICY.escalation, atOnce: {} } };
  const story = inThread(policy).given(SNOOZE);
  story.given({ type: 'RecordUnresponsive', since: at(0) });
  expect(nextDue(story.incident, policy)).toMatchObject({ level: 2, at: BEGIN + 15 * MINUTE });
});

test('Escalate goes on in spite of a snooze', () => {
  expect(levels(inThread().given(SNOOZE).when({ type: 'Escalate', by: RITA }).events)).toEqual([2]);
});

test('a new firing begins without the snoozes of the last', () => {
  const story = inThread()
    .given(SNOOZE, notification(cleared('f1', MINUTE)))
    .at(2 * MINUTE)
    .given(notification(firing('f1', 2 * MINUTE)));
  expect(story.when(SNOOZE).told).toMatchObject({ code: 'snoozed', level: 2, until: at(17 * MINUTE) });
});

test('no reason, no right, no open incident: no snooze, and the one who asked is told', () => {
  expect(inThread().when({ ...SNOOZE, reason: ' ' })).toMatchObject({
    events: [],
    told: { code: 'no_reason_given' },
  });
  const refused = inThread().when({ ...SNOOZE, by: GUEST });
  expect(types(refused.events)).toEqual(['ActRefused']);
  expect(refused.told).toMatchObject({ code: 'not_allowed' });
  const over = inThread().given(notification(cleared()));
  expect(over.when(SNOOZE)).toMatchObject({ events: [], told: { code: 'already_resolved' } });
});
