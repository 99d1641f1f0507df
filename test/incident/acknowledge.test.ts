import { expect, test } from 'vitest';
import {
  ALICE,
  at,
  cleared,
  inThread,
  levels,
  MINUTE,
  notification,
  owed,
  POLICY,
  RITA,
  Story,
  types,
} from './given.ts';

test('a responder acknowledges: it is on the timeline, in the thread, and PagerDuty is told', () => {
  const { events, effects, told } = inThread().at(MINUTE).when({ type: 'Acknowledge', by: RITA });
  expect(events).toEqual([
    { type: 'Acknowledged', at: at(MINUTE), by: { id: 'U0RITA', name: 'Rita', via: 'slack' } },
  ]);
  expect(told).toEqual({ code: 'done' });
  expect(owed(effects)).toEqual(['draw parent', expect.stringMatching(/^draw note-\d+$/), 'acknowledge L1']);
});

test('the second to acknowledge is told who was first, and when', () => {
  const story = inThread().at(MINUTE).given({ type: 'Acknowledge', by: RITA });
  const { events, told } = story.at(2 * MINUTE).when({ type: 'Acknowledge', by: ALICE });
  expect(events).toEqual([]);
  expect(told).toEqual({
    code: 'already_acknowledged',
    by: { id: 'U0RITA', name: 'Rita', via: 'slack' },
    at: at(MINUTE),
  });
});

test('nobody acknowledges what is resolved, or what is not there', () => {
  const story = inThread()
    .at(MINUTE)
    .given(notification(cleared('f1', MINUTE)));
  expect(story.when({ type: 'Acknowledge', by: RITA })).toMatchObject({
    events: [],
    told: { code: 'already_resolved' },
  });
  expect(new Story().when({ type: 'Acknowledge', by: RITA })).toMatchObject({
    events: [],
    told: { code: 'not_open' },
  });
});

test('the level that waits for an acknowledgement is not reached once someone has it', () => {
  const story = inThread()
    .at(5 * MINUTE - 1)
    .given({ type: 'Acknowledge', by: RITA });
  expect(levels(story.at(5 * MINUTE).when({ type: 'CheckEscalation' }).events)).toEqual([]);
});

test('an acknowledgement given in PagerDuty is not sent back to it', () => {
  const story = inThread({ ...POLICY, access: { approvers: [], twoPerson: [], approvalTtlMs: MINUTE } });
  const { effects } = story.when({ type: 'Acknowledge', by: { id: 'PD1', groups: [], via: 'pagerduty' } });
  expect(types(story.events)).toContain('Acknowledged');
  expect(owed(effects).filter((line) => line.startsWith('acknowledge'))).toEqual([]);
});
