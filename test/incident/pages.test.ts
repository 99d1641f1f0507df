import { expect, test } from 'vitest';
import { dedupKey } from '../../src/incident/react.ts';
import {
  ALICE,
  asking,
  cleared,
  firing,
  inThread,
  MINUTE,
  notification,
  owed,
  POLICY,
  RITA,
  types,
} from './given.ts';

const pages = (lines: string[]) => lines.filter((line) => /^(trigger|acknowledge|resolve) L/.test(line));

test('each page, its acknowledgement and its resolve run in one lane, so that none overtakes another', () => {
  const story = inThread()
    .at(5 * MINUTE)
    .given({ type: 'CheckEscalation' }, { type: 'Acknowledge', by: RITA });
  story.at(6 * MINUTE).given(notification(cleared('f1', 6 * MINUTE)));
  const lanes = new Map<string, string[]>();
  for (const effect of story.effects) {
    if (effect.kind !== 'pagerduty.event') continue;
    const lane = effect.lane ?? '';
    lanes.set(lane, [...(lanes.get(lane) ?? []), effect.payload.action]);
  }
  expect(Object.fromEntries(lanes)).toEqual({
    'pagerduty.inc-1.1': ['trigger', 'acknowledge', 'resolve'],
    'pagerduty.inc-1.2': ['trigger', 'acknowledge', 'resolve'],
  });
});

test('a level that pages nobody is announced without a page', () => {
  const quiet = POLICY.escalation.levels.map((level) => ({ ...level, pages: false }));
  const story = inThread({ ...POLICY, escalation: { ...POLICY.escalation, levels: quiet } }).at(5 * MINUTE);
  const { effects } = story.when({ type: 'CheckEscalation' });
  expect(pages(owed(story.effects))).toEqual([]);
  expect(owed(effects)).toContain('draw level-1-2');
  story.given({ type: 'Resolve', by: RITA });
  expect(pages(owed(story.effects))).toEqual([]);
});

test('the key of a page names the incident and the level, and stays the same when the incident reopens', () => {
  expect(dedupKey('inc-7', 3)).toBe('lifeguard-inc-7-L3');
  expect(dedupKey('x'.repeat(200), 4).length).toBeLessThanOrEqual(255);
});

test('pages of a past firing are not resolved again with the next', () => {
  const story = inThread()
    .at(5 * MINUTE)
    .given({ type: 'CheckEscalation' });
  story.at(6 * MINUTE).given(notification(cleared('f1', 6 * MINUTE)));
  story.at(7 * MINUTE).given(notification(firing('f1', 7 * MINUTE)));
  const { effects } = story.at(8 * MINUTE).when(notification(cleared('f1', 8 * MINUTE, 7 * MINUTE)));
  expect(pages(owed(effects))).toEqual(['resolve L1']);
});

test('a page that fails is said once while it is being tried, and once when it is given up', () => {
  const story = inThread();
  const failing = { type: 'RecordPageFailure', level: 1, detail: '503', final: false } as const;
  const failed = { ...failing, detail: '400 bad routing key', final: true };
  const first = story.when(failing);
  expect(types(first.events)).toEqual(['PageFailed']);
  expect(owed(first.effects)).toEqual(['draw parent', expect.stringMatching(/^draw note-/)]);
  expect(story.when(failing).events).toEqual([]);
  expect(story.incident.levels[0]?.page).toBe('failing');
  const end = story.when(failed);
  expect(types(end.events)).toEqual(['PageFailed']);
  expect(owed(end.effects)).toEqual(['draw parent', expect.stringMatching(/^draw note-/)]);
  expect(story.when(failed).events).toEqual([]);
  expect(story.when(failing).events).toEqual([]);
  expect(story.incident.levels[0]?.page).toBe('failed');
});

test('a page that goes through after it had failed is recorded', () => {
  const story = inThread().given({ type: 'RecordPageFailure', level: 1, detail: '503', final: false });
  const { events } = story.when({ type: 'RecordPage', level: 1, dedupKey: 'lifeguard-inc-1-L1' });
  expect(types(events)).toEqual(['Paged']);
  expect(story.incident.levels[0]?.page).toBe('sent');
});

test('a page of a level that was never reached is not recorded', () => {
  const story = inThread();
  expect(story.when({ type: 'RecordPage', level: 3, dedupKey: 'k' }).events).toEqual([]);
  expect(story.when({ type: 'RecordPageFailure', level: 3, detail: '', final: true }).events).toEqual([]);
});

test('a level with a channel of its own is called there when its page has not gone out, and told when it has', () => {
  const story = inThread()
    .at(5 * MINUTE)
    .given({ type: 'CheckEscalation' });
  const failure = { type: 'RecordPageFailure', level: 2, detail: '503', final: false } as const;
  expect(owed(story.when(failure).effects)).toContain('draw alarm-1-2');
  const { events, effects } = story.when({ type: 'RecordPage', level: 2, dedupKey: 'k', way: 'fallback' });
  expect(events).toMatchObject([{ type: 'Paged', way: 'fallback', afterFailure: true }]);
  expect(owed(effects)).toEqual(['draw parent', expect.stringMatching(/^draw note-/), 'draw alarm-1-2']);
  expect(story.incident.levels[1]).toMatchObject({ page: 'sent', pageWay: 'fallback', alarmed: true });
  expect(owed(story.when({ type: 'Acknowledge', by: RITA }).effects)).toContain('draw alarm-1-2');
});

test('what a remedy did is noted on every page, where notes are wanted', () => {
  const noted = { ...POLICY, escalation: { ...POLICY.escalation, rest: true } };
  for (const policy of [POLICY, noted]) {
    const story = inThread(policy)
      .at(5 * MINUTE)
      .given({ type: 'CheckEscalation' }, asking(RITA), { type: 'Approve', by: ALICE, request: 'r1' });
    story.given({ type: 'StartRemedy', request: 'r1', approvers: [ALICE] });
    const { effects } = story.when({ type: 'EndRemedy', request: 'r1', outcome: 'done', detail: 'ended' });
    const notes = owed(effects).filter((line) => line.startsWith('note '));
    const { seq } = story.incident;
    expect(notes).toEqual(policy === noted ? [`note ${seq} on L1`, `note ${seq} on L2`] : []);
    // A note that PagerDuty does not take must not hold up the resolve.
    expect(
      new Set(effects.map(({ kind, lane }) => (kind === 'pagerduty.note' ? lane : undefined))),
    ).not.toContain('pagerduty.inc-1.1');
  }
});
