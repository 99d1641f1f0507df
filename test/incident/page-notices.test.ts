import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/incident/commands.ts';
import type { PageNotice } from '../../src/incident/pages.ts';
import type { Policy } from '../../src/incident/policy.ts';
import {
  ALICE,
  at,
  cleared,
  firing,
  inThread,
  MINUTE,
  notification,
  owed,
  POLICY,
  RITA,
  SECOND,
  type Story,
  types,
} from './given.ts';

const ADA = { id: 'PADA', name: 'Ada Byron', via: 'pagerduty' } as const;
const GRACE = { id: 'PGRACE', name: 'Grace Hopper', via: 'pagerduty' } as const;

let count = 0;
/** A notice that PagerDuty has never sent before, of something that happened `ms` after the story's beginning. */
function notice(what: PageNotice['what'], ms: number, parts: Partial<PageNotice> = {}): Command {
  count += 1;
  return {
    type: 'TakePageNotice',
    notice: { level: 1, what, notice: `01N${count}`, occurredAt: at(ms), ...parts },
  };
}

const pages = (effects: Parameters<typeof owed>[0]) =>
  owed(effects).filter((line) => /^(trigger|acknowledge|resolve) L/.test(line));

/** Levels 1 and 2 are reached and paged. */
function twoPaged(): Story {
  const story = inThread().given({ type: 'RecordPage', level: 1, dedupKey: 'k1' });
  story.at(5 * MINUTE).given({ type: 'CheckEscalation' }, { type: 'RecordPage', level: 2, dedupKey: 'k2' });
  return story.at(6 * MINUTE);
}

describe('an acknowledgement at PagerDuty', () => {
  test('is one here, by whom, and goes to the pages of the other levels alone', () => {
    const story = twoPaged();
    const { events, effects } = story.when(notice('acknowledged', 6 * MINUTE, { by: ADA, level: 2 }));
    expect(types(events)).toEqual(['PageMoved', 'Acknowledged']);
    expect(story.incident.acknowledged).toMatchObject({ by: ADA, level: 2 });
    expect(pages(effects)).toEqual(['acknowledge L1']);
    expect(owed(effects).filter((line) => line.startsWith('draw note-'))).toHaveLength(1);
  });

  test('that is our own, told back, is not told again', () => {
    const story = twoPaged();
    const { effects } = story.when({ type: 'Acknowledge', by: RITA });
    expect(pages(effects)).toEqual(['acknowledge L1', 'acknowledge L2']);
    expect(story.when(notice('acknowledged', 6 * MINUTE))).toMatchObject({
      events: [],
      told: { code: 'ignored', why: 'echo' },
    });
  });

  test('of somebody else after the first is told, and changes nobody', () => {
    const story = twoPaged().given({ type: 'Acknowledge', by: RITA });
    const { events, effects } = story.when(notice('acknowledged', 6 * MINUTE, { by: GRACE }));
    expect(types(events)).toEqual(['PageMoved']);
    expect(owed(effects)).toContainEqual(expect.stringMatching(/^draw note-/));
    expect(story.incident.acknowledged?.by.id).toBe(RITA.id);
  });

  test('that runs out there leaves the incident to nobody, and what it had held back is due', () => {
    const story = inThread().given(
      { type: 'RecordPage', level: 1, dedupKey: 'k1' },
      notice('acknowledged', MINUTE, { by: ADA }),
    );
    story.at(5 * MINUTE).given({ type: 'CheckEscalation' });
    expect(story.incident.levels).toHaveLength(1);
    const { events } = story.at(8 * MINUTE).when(notice('unacknowledged', 8 * MINUTE));
    expect(types(events)).toEqual(['PageMoved', 'Unacknowledged', 'LevelReached']);
    expect(story.incident.acknowledged).toBeUndefined();
  });

  test('that runs out there takes nothing from who acknowledged in Slack', () => {
    const story = twoPaged().given({ type: 'Acknowledge', by: RITA });
    expect(types(story.when(notice('unacknowledged', 7 * MINUTE)).events)).toEqual(['PageMoved']);
    expect(story.incident.acknowledged?.by.id).toBe(RITA.id);
  });
});

describe('a resolve at PagerDuty', () => {
  test('by a person resolves the incident, and the pages of the other levels', () => {
    const story = twoPaged();
    const { events, effects } = story.when(notice('resolved', 6 * MINUTE, { by: ADA, level: 1 }));
    expect(types(events).slice(0, 2)).toEqual(['PageMoved', 'Resolved']);
    expect(story.incident.resolved).toMatchObject({ how: 'person', by: ADA });
    expect(pages(effects)).toEqual(['resolve L2']);
  });

  test('by a timeout is told, and the incident stays open', () => {
    const story = twoPaged();
    const { events } = story.when(notice('resolved', 6 * MINUTE));
    expect(events).toMatchObject([{ type: 'PageMoved', told: true }]);
    expect(story.incident.status).toBe('open');
  });

  test('that is our own, told back, is not told again', () => {
    const story = twoPaged().given({ type: 'Resolve', by: RITA });
    expect(story.when(notice('resolved', 6 * MINUTE)).told).toEqual({ code: 'ignored', why: 'echo' });
  });
});

test.each(['reopened', 'escalated', 'reassigned', 'delegated', 'priority_updated', 'annotated'] as const)(
  '%s is told in the thread, with whom it is now',
  (what) => {
    const story = twoPaged();
    const told = story.when(
      notice(what, 20 * MINUTE, { by: ADA, assignees: ['Grace'], note: 'Failing over' }),
    );
    expect(told.events).toMatchObject([{ type: 'PageMoved', told: true, what }]);
    expect(owed(told.effects)).toContainEqual(expect.stringMatching(/^draw note-/));
    expect(story.incident.levels[0]?.assignees).toEqual(['Grace']);
    expect(pages(told.effects)).toEqual([]);
  },
);

test('our own move up, told back, is not told again; a later one of a person is', () => {
  const story = inThread().given({ type: 'RecordPage', level: 1, dedupKey: 'k1' });
  story.at(5 * MINUTE).given({ type: 'CheckEscalation' });
  // The webhook overtakes the answer to the move.
  expect(story.when(notice('escalated', 5 * MINUTE, { by: ADA })).told).toMatchObject({ why: 'echo' });
  story.given({ type: 'RecordPage', level: 2, dedupKey: 'k1', way: 'moved' });
  expect(story.when(notice('reassigned', 5 * MINUTE + SECOND, { by: ADA })).told).toMatchObject({
    why: 'echo',
  });
  story.at(10 * MINUTE);
  expect(types(story.when(notice('escalated', 10 * MINUTE, { by: ADA })).events)).toEqual(['PageMoved']);
});

test('a notice is taken once, however often it comes', () => {
  const story = twoPaged();
  const once = notice('annotated', 6 * MINUTE, { by: ADA, note: 'x' });
  expect(story.when(once).events).toHaveLength(1);
  expect(story.when(once)).toMatchObject({ events: [], told: { code: 'ignored', why: 'repeat' } });
});

test('what comes out of order does not undo what came before it', () => {
  const story = twoPaged();
  story.given(notice('unacknowledged', 8 * MINUTE));
  expect(story.when(notice('acknowledged', 7 * MINUTE, { by: ADA })).told).toMatchObject({ why: 'late' });
  expect(story.incident.acknowledged).toBeUndefined();
});

test('an acknowledgement of an earlier firing does not silence the next', () => {
  const story = twoPaged();
  story.given(notification(cleared('f1', 7 * MINUTE)));
  story.at(10 * MINUTE).given(notification(firing('f1', 10 * MINUTE)));
  expect(story.when(notice('acknowledged', 6 * MINUTE, { by: ADA })).told).toMatchObject({ why: 'late' });
  expect(story.when(notice('acknowledged', 10 * MINUTE, { by: ADA, level: 2 })).told).toMatchObject({
    why: 'late',
  });
  expect(story.when(notice('acknowledged', 10 * MINUTE, { by: ADA })).told).toEqual({ code: 'done' });
});

describe('a reassignment', () => {
  const HAND_OVER: Command = { type: 'HandOver', by: RITA, to: ALICE };
  const withRest = { ...POLICY, escalation: { ...POLICY.escalation, rest: true } };
  const given = (policy: Policy = withRest) =>
    inThread(policy)
      .given({ type: 'RecordPage', level: 1, dedupKey: 'k1' }, { type: 'Acknowledge', by: RITA })
      .at(MINUTE)
      .given(HAND_OVER);
  const to = (name: string, ms: number) => notice('reassigned', ms, { by: ADA, assignees: [name] });
  const record: Command = { type: 'RecordAssignment', level: 1, to: ALICE, name: 'Al' };

  test('by our own hand-over is not told back, whether its outcome is known yet or not', () => {
    expect(given().when(to('Al', MINUTE)).told).toEqual({ code: 'ignored', why: 'echo' });
    const story = given().given(record);
    expect(story.when(to('Al', MINUTE + SECOND)).told).toEqual({ code: 'ignored', why: 'echo' });
    expect(story.when(notice('unacknowledged', MINUTE, { by: ADA })).told).toMatchObject({ why: 'echo' });
  });

  test('by a person is told: to somebody else, later, where we could not, and without REST access', () => {
    expect(types(given().given(record).when(to('Grace', MINUTE)).events)).toEqual(['PageMoved']);
    expect(
      types(
        given()
          .given(record)
          .when(to('Al', 3 * MINUTE)).events,
      ),
    ).toEqual(['PageMoved']);
    const failed: Command = { type: 'RecordAssignment', level: 1, to: ALICE, why: 'nobody of that address' };
    expect(types(given().given(failed).when(to('Al', MINUTE)).events)).toEqual(['PageMoved']);
    const runOut = notice('unacknowledged', MINUTE);
    expect(types(given().given(failed).when(runOut).events)).toEqual(['PageMoved']);
    expect(types(given(POLICY).when(to('Al', MINUTE)).events)).toEqual(['PageMoved']);
  });
});
