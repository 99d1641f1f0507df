import { expect, test } from 'vitest';
import type { Command } from '../../src/incident/commands.ts';
import type { Policy } from '../../src/incident/policy.ts';
import {
  ALICE,
  at,
  cleared,
  firing,
  GUEST,
  inThread,
  MINUTE,
  notification,
  only,
  owed,
  POLICY,
  RITA,
  types,
} from './given.ts';

const PLANNED: Policy = {
  ...POLICY,
  pool: {
    name: 'orders',
    threshold: 90,
    steps: [],
    followUps: [
      { title: 'Close the leak', horizon: 'short_term' },
      { title: 'Read from replicas', horizon: 'long_term' },
    ],
  },
};
const RESOLVE: Command = { type: 'Resolve', by: RITA };
const NOBODY = { id: 'U0GUEST', via: 'slack' } as const;
const assign = (more: object = {}): Command => ({
  type: 'AssignFollowUp',
  by: RITA,
  item: 'f1',
  to: NOBODY,
  ...more,
});
const remind = (day: string): Command => ({ type: 'RemindFollowUp', item: 'f1', day });
const over = () => inThread(PLANNED).given(RESOLVE);

test('a resolution lists what is left to do, once, however it came about', () => {
  const { events, effects } = inThread(PLANNED).at(MINUTE).when(RESOLVE);
  expect(types(events)).toEqual(['Resolved', 'FollowUpsListed']);
  expect(only(events, 'FollowUpsListed')[0]?.items).toEqual([
    { id: 'f1', title: 'Close the leak', horizon: 'short_term' },
    { id: 'f2', title: 'Read from replicas', horizon: 'long_term' },
  ]);
  expect(owed(effects)).toContain('draw follow-ups');
  const story = inThread(PLANNED).at(10 * MINUTE);
  expect(types(story.when(notification(cleared())).events)).toEqual([
    'AlertCleared',
    'Resolved',
    'FollowUpsListed',
  ]);
  story.at(11 * MINUTE).given(notification(firing('f1', 11 * MINUTE)), assign());
  expect(types(story.when(RESOLVE).events)).toEqual(['Resolved']);
  expect(story.incident.followUps?.[0]?.assignee).toEqual(NOBODY);
  expect(types(inThread().when(RESOLVE).events)).toEqual(['Resolved']);
});

test('an item is given to someone with a day, and they are reminded on its morning', () => {
  const story = over();
  const { effects } = story.when(assign({ due: '2026-03-04' }));
  expect(owed(effects)).toEqual(['draw follow-ups', 'RemindFollowUp at 2026-03-04T08:00:00.000Z']);
  expect(story.when(remind('2026-03-04')).events).toEqual([]);
  story.at(Date.parse('2026-03-04T08:00:00.000Z') - Date.parse(at(0)));
  const { events, effects: reminder } = story.when(remind('2026-03-04'));
  expect(types(events)).toEqual(['FollowUpReminded']);
  expect(owed(reminder)).toEqual([expect.stringMatching(/^draw note-/)]);
});

test('of what was given another day, or is done, nobody is reminded', () => {
  const story = over().given(assign({ due: '2026-03-04' }), assign({ due: '2026-03-09' }));
  story.at(Date.parse('2026-03-10T00:00:00Z') - Date.parse(at(0)));
  expect(story.when(remind('2026-03-04')).events).toEqual([]);
  story.given({ type: 'CloseFollowUp', by: RITA, item: 'f1' });
  expect(story.when(remind('2026-03-09')).events).toEqual([]);
});

test('the one it was given to may close it; anyone else must be a responder', () => {
  const close = (by = GUEST): Command => ({ type: 'CloseFollowUp', by, item: 'f1' });
  const story = over();
  expect(story.when(close())).toMatchObject({
    events: [{ type: 'ActRefused', act: 'Done: Close the leak' }],
    told: { code: 'not_allowed' },
  });
  expect(story.when(assign({ by: GUEST })).told).toMatchObject({ code: 'not_allowed' });
  story.given(assign());
  expect(types(story.when(close()).events)).toEqual(['FollowUpClosed']);
  expect(story.when(close(ALICE)).told).toMatchObject({ code: 'follow_up_closed', by: { id: 'U0GUEST' } });
  expect(story.when(assign()).told).toMatchObject({ code: 'follow_up_closed' });
});

test('what is no item and what is no day changes nothing', () => {
  const story = over();
  expect(story.when(assign({ item: 'f9' }))).toMatchObject({
    events: [],
    told: { code: 'no_such_follow_up' },
  });
  for (const due of ['2026-02-30', 'tomorrow', '2026-3-4', ''])
    expect(story.when(assign({ due })).told).toEqual({ code: 'no_such_follow_up' });
  expect(inThread().when(assign()).told).toEqual({ code: 'no_such_follow_up' });
});
