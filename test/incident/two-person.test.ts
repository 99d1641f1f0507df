import { expect, test } from 'vitest';
import type { Actor } from '../../src/incident/people.ts';
import { ALICE, asking, DIRK, inThread, only, POLICY, RITA, types } from './given.ts';

/** One more approver. */
const DORA: Actor = { id: 'U0DORA', groups: ['S0DBA', 'S0ONCALL'], via: 'slack' };

const approve = (by: Actor) => ({ type: 'Approve', by, request: 'r1' }) as const;

test('an action under two_person waits for a second approver', () => {
  const story = inThread().given(asking(RITA, 1, 'restart'));
  expect(story.when(approve(ALICE))).toMatchObject({
    events: [{ type: 'RemedyApproved', enough: false }],
    told: { code: 'needs_another_approval' },
  });
  expect(story.incident.requests.r1?.status).toBe('pending');
  expect(story.when(approve(DIRK))).toMatchObject({
    events: [{ type: 'RemedyApproved', enough: true }],
    told: { code: 'approved' },
  });
  expect(only(story.events, 'RemedyApproved')).toHaveLength(2);
  expect(story.effects.filter((effect) => effect.kind === 'remedy.execute')).toHaveLength(1);
});

test('the same approver twice is one approver', () => {
  const story = inThread().given(asking(RITA, 1, 'restart'), approve(ALICE));
  expect(story.when(approve(ALICE))).toMatchObject({ events: [], told: { code: 'approved_before' } });
  expect(story.incident.requests.r1?.status).toBe('pending');
});

test('the one who asked is refused as an approver, and the refusal is on the timeline', () => {
  const story = inThread().given(asking(ALICE, 1, 'restart'));
  const { events, told } = story.when(approve(ALICE));
  expect(types(events)).toEqual(['ActRefused']);
  expect(told).toEqual({ code: 'own_request' });
  story.given(approve(DIRK));
  expect(story.incident.requests.r1?.status).toBe('pending');
  story.given(approve(DORA));
  expect(story.incident.requests.r1?.status).toBe('approved');
});

test('both approvers must hold their right when the remedy starts', () => {
  const story = inThread().given(asking(RITA, 1, 'restart'), approve(ALICE), approve(DIRK));
  const { events } = story.when({
    type: 'StartRemedy',
    request: 'r1',
    approvers: [ALICE, { ...DIRK, groups: ['S0ONCALL'] }],
  });
  expect(types(events)).toEqual(['ActRefused', 'RemedyEnded']);
});

test('an action that comes under two_person between the approval and the start is not started on one', () => {
  const story = inThread().given(asking(ALICE), approve(ALICE));
  story.policy = { ...POLICY, access: { ...POLICY.access, twoPerson: ['terminate'] } };
  const { events, told } = story.when({ type: 'StartRemedy', request: 'r1', approvers: [ALICE] });
  expect(types(events)).toEqual(['ActRefused', 'RemedyEnded']);
  expect(told).toMatchObject({ code: 'not_allowed' });
});
