import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Command } from '../../src/incident/commands.ts';
import { dueAt, isUnnecessary, nextDue } from '../../src/incident/escalation.ts';
import {
  at,
  BEGIN,
  fired,
  firing,
  inThread,
  LEVELS,
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

const CHECK: Command = { type: 'CheckEscalation' };

test('level 1 is reached with the alert, and one timer is set for each later level', () => {
  const story = fired();
  expect(levels(story.events)).toEqual([1]);
  expect(owed(story.effects).filter((line) => line.startsWith('CheckEscalation'))).toEqual([
    `CheckEscalation at ${at(5 * MINUTE)}`,
    `CheckEscalation at ${at(15 * MINUTE)}`,
    `CheckEscalation at ${at(30 * MINUTE)}`,
  ]);
});

test('the levels are reached at 5, 15 and 30 minutes when nobody does anything', () => {
  const story = fired();
  const reached = [5, 15, 30].map((minutes) => levels(story.at(minutes * MINUTE).when(CHECK).events));
  expect(reached).toEqual([[2], [3], [4]]);
  expect(only(story.events, 'LevelReached').every((event) => event.why === 'due')).toBe(true);
});

test('a timer that rings a millisecond early reaches nothing', () => {
  expect(
    fired()
      .at(5 * MINUTE - 1)
      .when(CHECK).events,
  ).toEqual([]);
});

test('the time counts from the start of the alert, not from its arrival', () => {
  const story = new Story().at(4 * MINUTE).given(notification(firing('f1', 0)));
  expect(levels(story.at(5 * MINUTE).when(CHECK).events)).toEqual([2]);
});

test('a level that was reached late says how late; one reached within a moment does not', () => {
  expect(
    only(
      fired()
        .at(5 * MINUTE + 2_000)
        .when(CHECK).events,
      'LevelReached',
    )[0]?.lateMs,
  ).toBeUndefined();
  expect(
    only(
      fired()
        .at(5 * MINUTE + 2_001)
        .when(CHECK).events,
      'LevelReached',
    )[0]?.lateMs,
  ).toBe(2_001);
});

test('after a pause past several due times all of them are reached at once, lowest first', () => {
  expect(
    levels(
      fired()
        .at(45 * MINUTE)
        .when(CHECK).events,
    ),
  ).toEqual([2, 3, 4]);
});

test('a notification that changes something reaches what is due, without waiting for the timer', () => {
  const { events } = fired()
    .at(6 * MINUTE)
    .when(notification(firing('f2', 6 * MINUTE)));
  expect(types(events)).toEqual(['AlertFired', 'LevelReached']);
});

test('a person moves the incident to the next level, and then to the one after', () => {
  const story = inThread().at(MINUTE);
  const first = story.when({ type: 'Escalate', by: RITA });
  expect(first.told).toEqual({ code: 'escalated', level: 2, name: 'Database administrator' });
  expect(first.events[0]).toMatchObject({
    type: 'LevelReached',
    level: 2,
    why: 'asked',
    by: { id: 'U0RITA' },
  });
  expect(owed(first.effects)).toContain('trigger L2');
  expect(levels(story.when({ type: 'Escalate', by: RITA }).events)).toEqual([3]);
});

test('a level that was asked for is not reached again when it falls due', () => {
  const story = inThread().given({ type: 'Escalate', by: RITA });
  expect(story.at(5 * MINUTE).when(CHECK).events).toEqual([]);
});

test('a person may name the level; one that is reached, missing or above the last is said to be so', () => {
  const story = inThread().at(MINUTE);
  expect(levels(story.when({ type: 'Escalate', by: RITA, level: 4 }).events)).toEqual([4]);
  const answers = [4, 9, 0, -1, 1.5, undefined].map(
    (level) =>
      story.when({ type: 'Escalate', by: RITA, ...(level === undefined ? {} : { level }) }).told?.code,
  );
  expect(answers).toEqual([
    'already_at_level',
    'no_such_level',
    'no_such_level',
    'no_such_level',
    'no_such_level',
    'no_level_left',
  ]);
});

test('a level jumped over is still reached when it falls due', () => {
  const story = inThread().given({ type: 'Escalate', by: RITA, level: 3 });
  expect(levels(story.at(5 * MINUTE).when(CHECK).events)).toEqual([2]);
});

test('what comes next and when is the lowest level that is necessary and not reached', () => {
  const story = inThread();
  expect(nextDue(story.incident, POLICY)).toEqual({
    level: 2,
    name: 'Database administrator',
    at: BEGIN + 5 * MINUTE,
  });
  story.given({ type: 'Acknowledge', by: RITA });
  expect(nextDue(story.incident, POLICY)).toMatchObject({ level: 3 });
  story.given({ type: 'Resolve', by: RITA });
  expect(nextDue(story.incident, POLICY)).toBeUndefined();
});

test('whenever the check comes, all that is due and necessary by then has been reached, and nothing else', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(60 * MINUTE), { maxLength: 6 }),
      fc.option(fc.nat(60 * MINUTE), { nil: undefined }),
      (times, acknowledgedAt) => {
        const story = fired();
        for (const time of times.toSorted((a, b) => a - b)) {
          if (acknowledgedAt !== undefined && acknowledgedAt <= time) {
            story.at(acknowledgedAt).given({ type: 'Acknowledge', by: RITA });
          }
          story.at(time).given(CHECK);
          for (const [index, level] of LEVELS.entries()) {
            const due = dueAt(story.incident, level) <= BEGIN + time;
            const reached = story.incident.levels.some((one) => one.level === index + 1);
            if (due && !isUnnecessary(story.incident, level)) expect(reached).toBe(true);
            if (!due) expect(reached).toBe(false);
          }
        }
      },
    ),
  );
});
