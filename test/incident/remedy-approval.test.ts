import { expect, test } from 'vitest';
import type { Command } from '../../src/incident/commands.ts';
import {
  ALICE,
  asking,
  at,
  DIRK,
  inThread,
  MINUTE,
  owed,
  POLICY,
  PREVIEW,
  RITA,
  Story,
  types,
} from './given.ts';

const APPROVE: Command = { type: 'Approve', by: ALICE, request: 'r1' };
const START: Command = { type: 'StartRemedy', request: 'r1', approvers: [ALICE] };
const READING = { used: 96, usable: 97, percent: 99, at: at(0) };

test('asking shows a preview and waits: nothing is carried out', () => {
  const { events, effects, told } = inThread().at(MINUTE).when(asking(RITA));
  expect(types(events)).toEqual(['RemedyRequested']);
  expect(told).toMatchObject({
    code: 'requested',
    request: {
      id: 'r1',
      status: 'pending',
      preview: PREVIEW,
      requestedBy: { id: 'U0RITA', name: 'Rita', via: 'slack' },
      requestedAt: at(MINUTE),
      expiresAt: at(11 * MINUTE),
      approvals: [],
    },
  });
  expect(owed(effects)).toEqual(['draw parent', 'draw request-r1', `ExpireRequest at ${at(11 * MINUTE)}`]);
});

test('one approver sends the remedy off, in the lane of its pool', () => {
  const story = inThread().given(asking(RITA));
  const { events, effects, told } = story.at(MINUTE).when(APPROVE);
  expect(events).toEqual([
    {
      type: 'RemedyApproved',
      at: at(MINUTE),
      request: 'r1',
      by: { id: 'U0ALICE', name: 'Alice', via: 'slack' },
      enough: true,
    },
  ]);
  expect(told).toEqual({ code: 'approved' });
  expect(effects.find((effect) => effect.kind === 'remedy.execute')).toMatchObject({
    lane: 'remedy.orders',
    payload: { request: 'r1' },
  });
});

test('an approver may approve what they asked for, unless two persons are needed', () => {
  const story = inThread().given(asking(ALICE));
  expect(story.when(APPROVE).told).toEqual({ code: 'approved' });
});

test('a second approval, a late denial and an answer to nothing change nothing', () => {
  const story = inThread().given(asking(RITA), APPROVE);
  const closed = {
    events: [],
    effects: [],
    told: { code: 'request_closed', request: { status: 'approved' } },
  };
  expect(story.when({ type: 'Approve', by: DIRK, request: 'r1' })).toMatchObject(closed);
  expect(story.when({ type: 'Deny', by: DIRK, request: 'r1' })).toMatchObject(closed);
  expect(story.when({ type: 'Approve', by: DIRK, request: 'r9' }).told).toEqual({ code: 'no_such_request' });
  expect(story.when({ type: 'Deny', by: DIRK, request: 'r9' }).told).toEqual({ code: 'no_such_request' });
});

test('an approver denies, or the one who asked takes it back', () => {
  for (const by of [ALICE, RITA]) {
    const story = inThread().given(asking(RITA));
    expect(types(story.when({ type: 'Deny', by, request: 'r1' }).events)).toEqual(['RemedyDenied']);
    expect(story.incident.requests.r1).toMatchObject({ status: 'denied', closedBy: { id: by.id } });
    expect(story.when(APPROVE).told).toMatchObject({ code: 'request_closed' });
  }
});

test('the remedy starts once, and a run after a crash is told that it has started before', () => {
  const story = inThread().given(asking(RITA), APPROVE);
  expect(story.when(START)).toMatchObject({
    events: [{ type: 'RemedyStarted', request: 'r1' }],
    told: { code: 'start', again: false, request: { status: 'running' } },
  });
  expect(story.when(START)).toMatchObject({ events: [], told: { code: 'start', again: true } });
});

test('a run after a crash is told when the approval no longer holds: it may look, and no more', () => {
  const started = () => inThread().given(asking(RITA), APPROVE, START);
  const late = started()
    .at(10 * MINUTE)
    .when(START);
  expect(late.events).toEqual([]);
  expect(late.told).toMatchObject({ code: 'start', again: true, lapsed: expect.stringContaining('older') });
  const withdrawn = started().when({ ...START, approvers: [{ ...ALICE, id: 'U0GONE' }] });
  expect(withdrawn.told).toMatchObject({ code: 'start', again: true, lapsed: expect.any(String) });
});

test('what was not approved is never started', () => {
  const story = inThread().given(asking(RITA));
  expect(story.when(START)).toMatchObject({ events: [], told: { code: 'request_closed' } });
  expect(story.when({ ...START, request: 'r9' })).toMatchObject({
    events: [],
    told: { code: 'no_such_request' },
  });
});

test('the end of a remedy is told with the pool before and after it', () => {
  const after = { ...READING, used: 60, percent: 62 };
  const story = inThread().given(asking(RITA), APPROVE, START);
  const { events, effects } = story.when({
    type: 'EndRemedy',
    request: 'r1',
    outcome: 'done',
    detail: 'backend 4711 is gone',
    ms: 41,
    before: READING,
    after,
  });
  expect(types(events)).toEqual(['RemedyEnded']);
  expect(story.incident.requests.r1).toMatchObject({
    status: 'ended',
    result: { outcome: 'done', ms: 41, after },
  });
  expect(story.incident.reading).toEqual(after);
  expect(owed(effects)).toEqual(['draw parent', 'draw request-r1', expect.stringMatching(/^draw note-/)]);
});

test('a remedy that was never started has no end', () => {
  const end: Command = { type: 'EndRemedy', request: 'r1', outcome: 'done', detail: '' };
  expect(inThread().given(asking(RITA), APPROVE).when(end).events).toEqual([]);
  expect(inThread().when(end).events).toEqual([]);
});

test('a right that was taken away after the press is taken away', () => {
  const story = inThread().given(asking(RITA), APPROVE);
  story.policy = { ...POLICY, access: { ...POLICY.access, approvers: ['S0DBA'] } };
  const { events, told } = story.when(START);
  expect(types(events)).toEqual(['ActRefused', 'RemedyEnded']);
  expect(told).toMatchObject({ code: 'not_allowed' });
  expect(story.incident.requests.r1?.result).toMatchObject({ outcome: 'refused' });
  expect(story.when(START).told).toMatchObject({ code: 'request_closed' });
});

test('an approver who cannot be looked up any more carries nothing', () => {
  const story = inThread().given(asking(RITA), APPROVE);
  expect(types(story.when({ ...START, approvers: [DIRK] }).events)).toEqual(['ActRefused', 'RemedyEnded']);
});

test('an answer that comes too late is no answer', () => {
  for (const late of [APPROVE, { type: 'Deny', by: ALICE, request: 'r1' } as const]) {
    const story = inThread().given(asking(RITA));
    const { events, told } = story.at(10 * MINUTE).when(late);
    expect(types(events)).toEqual(['RemedyExpired']);
    expect(told).toMatchObject({ code: 'request_closed', request: { status: 'expired' } });
  }
});

test('a request expires by its timer, not before its time and not twice', () => {
  const expire: Command = { type: 'ExpireRequest', request: 'r1' };
  const story = inThread().given(asking(RITA));
  expect(story.at(10 * MINUTE - 1).when(expire).events).toEqual([]);
  expect(types(story.at(10 * MINUTE).when(expire).events)).toEqual(['RemedyExpired']);
  expect(story.when(expire).events).toEqual([]);
});

test('the timer of a request that was approved in time finds nothing to do', () => {
  const story = inThread()
    .given(asking(RITA), APPROVE)
    .at(10 * MINUTE);
  expect(story.when({ type: 'ExpireRequest', request: 'r1' }).events).toEqual([]);
});

test('what has expired or ended can be asked for again', () => {
  const story = inThread().given(asking(RITA));
  expect(story.at(10 * MINUTE).when(asking(RITA)).told).toMatchObject({
    code: 'requested',
    request: { id: 'r2' },
  });
});

test('with no incident open the request stands for itself and closes with its end', () => {
  const ends: [string, Command[]][] = [
    ['RemedyDenied', [{ type: 'Deny', by: ALICE, request: 'r1' }]],
    ['RemedyEnded', [APPROVE, START, { type: 'EndRemedy', request: 'r1', outcome: 'done', detail: '' }]],
  ];
  for (const [last, commands] of ends) {
    const story = new Story().given(asking(RITA));
    expect(types(story.events)).toEqual(['IncidentOpened', 'RemedyRequested']);
    expect(story.incident).toMatchObject({ kind: 'request', pool: 'orders', severity: 'info' });
    story.given(...commands);
    expect(types(story.events).slice(-2)).toEqual([last, 'Resolved']);
    expect(story.incident.resolved).toMatchObject({ how: 'request' });
  }
});

test('a request that stands for itself closes when it expires, by its timer or by an answer too late', () => {
  const late: Command[] = [
    { type: 'ExpireRequest', request: 'r1' },
    APPROVE,
    { type: 'Deny', by: ALICE, request: 'r1' },
  ];
  for (const command of late) {
    const story = new Story().given(asking(RITA)).at(10 * MINUTE);
    expect(types(story.when(command).events)).toEqual(['RemedyExpired', 'Resolved']);
  }
});

test('a request that stands for itself is never escalated', () => {
  const story = new Story().given(asking(RITA)).at(60 * MINUTE);
  expect(story.when({ type: 'CheckEscalation' }).events).toEqual([]);
  expect(owed(story.effects).filter((line) => line.startsWith('CheckEscalation'))).toEqual([]);
});

test('an approval that the bot could not carry out while it was good is not carried out later', () => {
  const approved = () => inThread().given(asking(RITA)).at(MINUTE).given(APPROVE);
  const { events, told } = approved()
    .at(11 * MINUTE)
    .when(START);
  expect(types(events)).toEqual(['ActRefused', 'RemedyEnded']);
  expect(events[1]).toMatchObject({
    outcome: 'refused',
    detail: expect.stringContaining('Nothing was done'),
  });
  expect(told).toMatchObject({ code: 'not_allowed' });
  expect(
    types(
      approved()
        .at(11 * MINUTE - 1)
        .when(START).events,
    ),
  ).toEqual(['RemedyStarted']);
});
