import { expect, test } from 'vitest';
import { decide } from '../../src/incident/decide/index.ts';
import { fold } from '../../src/incident/evolve.ts';
import type { Incident } from '../../src/incident/state.ts';
import {
  CALM_AFTER_MS,
  commonLabels,
  followAfterMs,
  HANDFUL,
  memberName,
  type StormMember,
  standingOf,
} from '../../src/incident/storm.ts';
import {
  ALICE,
  asking,
  at,
  BEGIN,
  fired,
  GUEST,
  inThread,
  MINUTE,
  NO_POOL,
  owed,
  RITA,
  SECOND,
  Story,
} from './given.ts';

const GATHER = { type: 'GatherStorm', id: 'inc-9', channel: '#incidents', since: at(0) } as const;

test('a handful of incidents is told one by one; with one more there is one message for all, once', () => {
  const story = new Story(NO_POOL);
  expect(story.when({ ...GATHER, opened: HANDFUL }).events).toEqual([]);
  const { effects } = story.when({ ...GATHER, opened: HANDFUL + 1 });
  expect(owed(effects)).toEqual(['draw parent']);
  expect(effects[0]?.urgency).toBe(0);
  expect(story.when({ ...GATHER, opened: 150 }).events).toEqual([]);
  story.at(10 * MINUTE).given({ type: 'EndStorm' });
  expect(story.incident.status).toBe('resolved');
  expect(story.when({ type: 'EndStorm' }).events).toEqual([]);
});

test('a thread that somebody wants is drawn at once, by responders alone, and is there only once', () => {
  const story = fired();
  expect(story.when({ type: 'BringThread', by: GUEST }).told?.code).toBe('not_allowed');
  const { effects } = story.when({ type: 'BringThread', by: RITA });
  expect(effects).toMatchObject([{ urgency: 0, payload: { slot: 'parent' } }]);
  expect(story.when({ type: 'BringThread', by: ALICE })).toMatchObject({
    told: { code: 'thread_comes' },
    events: [],
  });
  // All of what is in it comes with it.
  const opened = story.when({ type: 'RecordThread', channel: 'C1', ts: '1.000001' });
  expect(opened.effects.every((effect) => (effect.urgency ?? 9) <= 1)).toBe(true);
  expect(story.when({ type: 'BringThread', by: RITA }).told?.code).toBe('thread_is_there');
});

test('a click goes before a new thread, that before a notice, and that before how things stand', () => {
  const urgencies = (effects: readonly { kind: string; urgency?: number; payload: object }[]) =>
    Object.fromEntries(
      effects.flatMap(({ kind, urgency, payload }) =>
        kind === 'slack.message' && 'slot' in payload ? [[payload.slot, urgency]] : [],
      ),
    );
  expect(urgencies(fired().effects)).toEqual({ parent: 1 });
  const thread = fired().when({ type: 'RecordThread', channel: 'C1', ts: '1.000001' });
  expect(urgencies(thread.effects)).toEqual({ parent: 3, 'step-2': 3, 'note-4': 2 });
  const story = inThread();
  expect(urgencies(story.when({ type: 'Acknowledge', by: RITA }).effects)).toEqual({
    parent: 0,
    'note-6': 0,
  });
  expect(urgencies(story.when(asking(RITA)).effects)).toEqual({ parent: 0, 'request-r1': 0 });
  // What the system does by itself.
  expect(urgencies(story.at(15 * MINUTE).when({ type: 'CheckEscalation' }).effects)).toMatchObject({
    parent: 3,
  });
});

function storm(openedAfterMs = SECOND): Incident {
  const state = fold(
    decide(undefined, { ...GATHER, opened: 6 }, new Date(BEGIN + openedAfterMs), NO_POOL).events,
  );
  if (state === undefined) throw new Error('no storm');
  return state;
}

function member(index: number, more: Partial<StormMember> = {}): StormMember {
  return {
    id: `inc-${index}`,
    title: 'PoolNearlyExhausted',
    startsAt: at(-index * SECOND),
    openedAt: at(index),
    status: 'open',
    labels: {
      alertname: 'PoolNearlyExhausted',
      severity: 'critical',
      cluster: 'eu-1',
      datname: `db-${index}`,
    },
    hasThread: true,
    isWanted: false,
    ...more,
  };
}

const after = (ms: number) => new Date(BEGIN + ms);

test('a storm is calm when nothing new has come for a while and every thread is there, and over when all are resolved', () => {
  const six = [1, 2, 3, 4, 5, 6].map((index) => member(index));
  expect(standingOf(storm(), six, after(MINUTE))).toMatchObject({ open: 6, isCalm: false, isOver: false });
  const late = after(CALM_AFTER_MS + SECOND);
  expect(standingOf(storm(), six, late)).toMatchObject({ isCalm: true, isOver: false });
  const waiting = [...six.slice(1), member(7, { hasThread: false })];
  expect(standingOf(storm(), waiting, late)).toMatchObject({ isCalm: false, waiting: [{ id: 'inc-7' }] });
  const resolved = six.map((one) => ({ ...one, status: 'resolved' as const, hasThread: false }));
  // Who is resolved before its thread was there needs none any more.
  expect(standingOf(storm(), resolved, late)).toMatchObject({ open: 0, isCalm: true, isOver: true });
  expect(standingOf(storm(), resolved, after(MINUTE)).isOver).toBe(false);
  expect(standingOf(storm(), six, after(25 * 60 * MINUTE)).isOver).toBe(true);
  expect(standingOf(storm(), six, late).since).toBe(at(-6 * SECOND));
});

test('it is looked at often while it grows, and seldom when it only waits for the end', () => {
  const standing = (waiting: boolean, now: Date) =>
    standingOf(storm(), [member(1, { hasThread: !waiting })], now);
  const waits = [after(2 * SECOND), after(10 * SECOND), after(MINUTE)].map((now) =>
    followAfterMs(storm(), standing(true, now), now),
  );
  const rests = followAfterMs(storm(), standing(false, after(MINUTE)), after(MINUTE));
  expect([...waits, rests]).toEqual([700, 2_000, 5_000, 30_000]);
});

test('what nearly all have in common is named, where they are first; what all alerts have is not', () => {
  const all = Array.from({ length: 20 }, (_none, index) => ({
    alertname: 'A',
    severity: 'critical',
    team: 'payments',
    cluster: index === 0 ? 'us-1' : 'eu-1',
    datname: `db-${index}`,
    zone: index % 2 === 0 ? 'a' : 'b',
  }));
  expect(commonLabels(all)).toEqual([
    { name: 'cluster', value: 'eu-1', count: 19 },
    { name: 'team', value: 'payments', count: 20 },
  ]);
  expect(commonLabels([{ cluster: 'eu-1' }])).toEqual([]);
  expect(memberName(member(3), commonLabels(all))).toBe('datname=db-3');
  expect(memberName(member(3, { pool: 'orders' }), [])).toBe('orders');
  expect(memberName(member(3, { labels: {} }), [])).toBe('PoolNearlyExhausted (inc-3)');
});
