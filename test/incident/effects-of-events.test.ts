import { expect, test } from 'vitest';
import { effectsOf } from '../../src/incident/effects-of.ts';
import { evolve, fold } from '../../src/incident/evolve.ts';
import {
  ALICE,
  asking,
  at,
  cleared,
  fired,
  inThread,
  MINUTE,
  notification,
  owed,
  POLICY,
  RITA,
  Story,
} from './given.ts';

const drawings = (lines: string[]) => lines.filter((line) => line.startsWith('draw '));

test('opening an incident draws its parent message, sets its timers, checks and pages', () => {
  expect(owed(fired().effects)).toEqual([
    'draw parent',
    `CheckEscalation at ${at(5 * MINUTE)}`,
    `CheckEscalation at ${at(15 * MINUTE)}`,
    `CheckEscalation at ${at(30 * MINUTE)}`,
    'step 2 run 1',
    'trigger L1',
  ]);
});

test('until the thread is open only its parent is drawn', () => {
  const story = fired()
    .at(5 * MINUTE)
    .given({ type: 'CheckEscalation' }, { type: 'Acknowledge', by: RITA });
  expect(drawings(owed(story.effects))).toEqual(['draw parent']);
});

test('all that should be in a thread is drawn when it opens', () => {
  const story = fired()
    .given(asking(RITA))
    .at(5 * MINUTE)
    .given({ type: 'CheckEscalation' });
  const { effects } = story.when({ type: 'RecordThread', channel: 'C1', ts: '1.000001' });
  expect(owed(effects)).toEqual([
    'draw parent',
    'draw step-2',
    'draw request-r1',
    'draw note-4',
    'draw note-6',
    'draw level-1-2',
  ]);
});

test('messages of a thread share its lane; an announcement in another channel has its own', () => {
  const { effects } = inThread()
    .at(5 * MINUTE)
    .when({ type: 'CheckEscalation' });
  const lanes = effects.flatMap((effect) =>
    effect.kind === 'slack.message' ? [[effect.payload.slot, effect.lane]] : [],
  );
  expect(Object.fromEntries(lanes)).toEqual({
    parent: 'slack.inc-1',
    'note-6': 'slack.inc-1',
    'level-1-2': 'announce.inc-1.level-1-2',
  });
});

test("a level whose channel is the thread's own, or that has none, is not announced elsewhere", () => {
  expect(drawings(owed(fired().effects)).filter((line) => line.includes('level'))).toEqual([]);
  const { effects } = inThread().when({ type: 'Escalate', by: RITA, level: 4 });
  expect(drawings(owed(effects))).toEqual(['draw parent', 'draw note-6']);
});

test('announcements are brought up to date when someone acknowledges and when it is over', () => {
  const story = inThread()
    .at(5 * MINUTE)
    .given({ type: 'CheckEscalation' });
  expect(owed(story.when({ type: 'Acknowledge', by: RITA }).effects)).toContain('draw level-1-2');
  const { effects } = story.at(6 * MINUTE).when(notification(cleared('f1', 6 * MINUTE)));
  expect(owed(effects)).toContain('draw level-1-2');
});

test('a message that several events of one commit would draw is drawn once', () => {
  const { events, effects } = inThread()
    .at(40 * MINUTE)
    .when({ type: 'CheckEscalation' });
  expect(events).toHaveLength(3);
  expect(drawings(owed(effects)).filter((line) => line === 'draw parent')).toHaveLength(1);
});

test('a request that stands for itself is its own parent message', () => {
  const story = new Story().given(asking(RITA), { type: 'RecordThread', channel: 'C1', ts: '1.000001' });
  const { effects } = story.when({ type: 'Approve', by: ALICE, request: 'r1' });
  expect(owed(effects)).toEqual(['draw parent', 'execute r1']);
  const start = { type: 'StartRemedy', request: 'r1', approvers: [] } as const;
  expect(owed(story.when(start).effects)).toEqual(['draw parent', expect.stringMatching(/^draw note-/)]);
});

test('an effect given up is told in the thread, and disturbs nothing else', () => {
  const { effects } = inThread().when({
    type: 'RecordDeadEffect',
    effect: 'inc-1.4.0',
    kind: 'check.step',
    detail: 'gone',
  });
  expect(owed(effects)).toEqual(['draw note-6']);
});

test('a message given up is not told by one more message, which would be given up in turn', () => {
  const story = inThread();
  const { events, effects } = story.when({
    type: 'RecordDeadEffect',
    effect: 'inc-1.5.0',
    kind: 'slack.message',
    detail: 'is_archived',
  });
  expect(events).toHaveLength(1);
  expect(effects).toEqual([]);
  expect(story.incident.notes).not.toContain(story.incident.seq);
});

test("an effect's id is made of the incident, the event and its place, and fits the queue", () => {
  const ids = fired().effects.map((effect) => effect.id);
  expect(ids).toEqual(['inc-1.1.0', 'inc-1.1.1', 'inc-1.1.2', 'inc-1.1.3', 'inc-1.3.0', 'inc-1.4.0']);
  // BullMQ refuses a `:` in ids of our own.
  expect(ids.join()).not.toContain(':');
});

test('the same events lead to the same effects, however often they are computed', () => {
  const { events } = fired();
  expect(effectsOf(undefined, events, POLICY)).toEqual(effectsOf(undefined, events, POLICY));
});

test('no event is no incident, and no incident begins in the middle', () => {
  expect(fold([])).toBeUndefined();
  expect(() => effectsOf(undefined, [], POLICY)).toThrow('no event, no incident');
  expect(() => evolve(undefined, { type: 'RemedyStarted', at: at(0), request: 'r1' })).toThrow(
    'an incident cannot begin with RemedyStarted',
  );
});
