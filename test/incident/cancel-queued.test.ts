import { expect, test } from 'vitest';
import type { Command } from '../../src/incident/commands.ts';
import { ALICE, asking, at, GUEST, inThread, MINUTE, owed, RITA, Story, types } from './given.ts';

const APPROVE: Command = { type: 'Approve', by: ALICE, request: 'r1' };
const START: Command = { type: 'StartRemedy', request: 'r1', approvers: [ALICE] };
const cancel = (by = ALICE): Command => ({ type: 'CancelQueued', by, request: 'r1' });

test('what is approved and waits can be taken back; then it does not start', () => {
  const story = inThread().given(asking(RITA), APPROVE);
  const { events, effects, told } = story.at(MINUTE).when(cancel());
  expect(events).toEqual([
    {
      type: 'RemedyCancelled',
      at: at(MINUTE),
      request: 'r1',
      by: { id: 'U0ALICE', name: 'Alice', via: 'slack' },
    },
  ]);
  expect(owed(effects)).toEqual(['draw parent', 'draw request-r1']);
  expect(told).toEqual({ code: 'done' });
  expect(story.incident.requests['r1']).toMatchObject({ status: 'cancelled', closedBy: { id: 'U0ALICE' } });
  expect(story.when(START)).toMatchObject({ events: [], told: { code: 'request_closed' } });
});

test('the one who asked may, without being an approver; nobody else may, and that is on the timeline', () => {
  const story = inThread().given(asking(RITA), APPROVE);
  expect(story.when(cancel(GUEST))).toMatchObject({
    events: [{ type: 'ActRefused', act: expect.stringContaining('Cancel: ') }],
    told: { code: 'not_allowed' },
  });
  expect(types(story.when(cancel(RITA)).events)).toEqual(['RemedyCancelled']);
});

test('once it has begun, or is over, or is not approved, there is nothing to take back', () => {
  const story = inThread().given(asking(RITA));
  const isTooLate = (status: string) =>
    expect(story.when(cancel())).toEqual({
      events: [],
      effects: [],
      told: { code: 'not_queued', request: expect.objectContaining({ status }) },
    });
  isTooLate('pending');
  story.given(APPROVE, START);
  isTooLate('running');
  story.given({ type: 'EndRemedy', request: 'r1', outcome: 'done', detail: 'it has ended' });
  isTooLate('ended');
});

test('it can be asked for again afterwards', () => {
  const story = inThread().given(asking(RITA), APPROVE, cancel());
  expect(story.when(asking(RITA)).told).toMatchObject({ code: 'requested', request: { id: 'r2' } });
});

test('a request that stands for itself is over with it', () => {
  const story = new Story().given(asking(RITA), APPROVE);
  expect(types(story.when(cancel()).events)).toEqual(['RemedyCancelled', 'Resolved']);
});
