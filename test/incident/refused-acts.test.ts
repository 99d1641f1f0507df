import { describe, expect, test } from 'vitest';
import { may } from '../../src/incident/access.ts';
import type { Command } from '../../src/incident/commands.ts';
import { SYSTEM } from '../../src/incident/people.ts';
import {
  ALICE,
  asking,
  at,
  DIRK,
  GUEST,
  inThread,
  MINUTE,
  owed,
  POLICY,
  RITA,
  Story,
  types,
} from './given.ts';

const ACTS: readonly [string, Command][] = [
  ['Acknowledge', { type: 'Acknowledge', by: GUEST }],
  ['Run step 2', { type: 'RunStep', by: GUEST, step: 2 }],
  ['Escalate', { type: 'Escalate', by: GUEST }],
  ['Data corruption', { type: 'SuspectDataCorruption', by: GUEST }],
  ['Resolve', { type: 'Resolve', by: GUEST }],
  ['Terminate backend 4711 (catalytic-api)', asking(GUEST, 4712)],
  ['Approve: Terminate backend 4711 (catalytic-api)', { type: 'Approve', by: GUEST, request: 'r1' }],
  ['Deny: Terminate backend 4711 (catalytic-api)', { type: 'Deny', by: GUEST, request: 'r1' }],
];

test.each(ACTS)('%s by someone without the right is refused, told, and on the timeline', (act, command) => {
  const story = inThread().given(asking(RITA));
  const before = story.incident;
  const { events, effects, told } = story.at(MINUTE).when(command);
  expect(events).toEqual([
    {
      type: 'ActRefused',
      at: at(MINUTE),
      act,
      by: { id: 'U0GUEST', name: 'Guest', via: 'slack' },
      why: expect.stringMatching(/only (responder|approver)s may do this \(`access\.(responders|approvers)`/),
    },
  ]);
  expect(told).toMatchObject({ code: 'not_allowed' });
  expect(effects).toEqual([]);
  expect(story.incident).toEqual({ ...before, seq: before.seq + 1 });
});

test('a responder who is no approver may not approve', () => {
  const story = inThread().given(asking(RITA));
  expect(types(story.when({ type: 'Approve', by: RITA, request: 'r1' }).events)).toEqual(['ActRefused']);
});

test('a refused wish with no incident open leaves nothing behind but the answer', () => {
  expect(new Story().when(asking(GUEST))).toMatchObject({ events: [], told: { code: 'not_allowed' } });
});

test('an act that was stopped before it reached the incident is on the timeline too', () => {
  const { events, effects, told } = inThread().when({
    type: 'NoteRefusal',
    by: GUEST,
    act: 'Terminate',
    why: 'no',
  });
  expect(types(events)).toEqual(['ActRefused']);
  expect(owed(effects)).toEqual([]);
  expect(told).toEqual({ code: 'not_allowed', why: 'no' });
});

describe('the access rules', () => {
  const access = POLICY.access;

  test('hold by name and by group', () => {
    expect(may(ALICE, 'approver', access)).toEqual({ allowed: true });
    expect(may(DIRK, 'approver', access)).toEqual({ allowed: true });
    expect(may(RITA, 'responder', access)).toEqual({ allowed: true });
    expect(may(RITA, 'approver', access).allowed).toBe(false);
  });

  test('responders left out are every member; approvers left empty are nobody', () => {
    const open = { approvers: [], twoPerson: [], approvalTtlMs: MINUTE };
    expect(may(GUEST, 'responder', open)).toEqual({ allowed: true });
    expect(may(ALICE, 'approver', open)).toEqual({
      allowed: false,
      why: 'nobody may do this: `access.approvers` is empty in lifeguard.yaml',
    });
  });

  test('responders named as nobody are nobody', () => {
    expect(may(RITA, 'responder', { ...access, responders: [] }).allowed).toBe(false);
  });

  test('a membership that could not be read counts as none, and says so', () => {
    const verdict = may({ ...DIRK, groups: 'unreadable' }, 'approver', access);
    expect(verdict).toMatchObject({
      allowed: false,
      why: expect.stringContaining('cannot be read from Slack'),
    });
    expect(may({ ...ALICE, groups: 'unreadable' }, 'approver', access)).toEqual({ allowed: true });
  });

  test('where no group has a say, unreadable groups are no excuse', () => {
    const verdict = may({ ...GUEST, groups: 'unreadable' }, 'approver', {
      ...access,
      approvers: ['U0ALICE'],
    });
    expect(verdict).toMatchObject({ allowed: false, why: expect.stringContaining('only approvers') });
  });

  test('a group that bears the id of a user grants nothing', () => {
    expect(may({ ...GUEST, groups: ['U0ALICE'] }, 'approver', access).allowed).toBe(false);
  });

  test('Lifeguard itself may', () => {
    expect(may(SYSTEM, 'approver', { ...access, approvers: [] })).toEqual({ allowed: true });
  });
});
