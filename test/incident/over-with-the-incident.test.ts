import { expect, test } from 'vitest';
import type { Command } from '../../src/incident/commands.ts';
import type { Incident } from '../../src/incident/state.ts';
import { requestView } from '../../src/slack/views/request.ts';
import { toldText } from '../../src/slack/views/told.ts';
import {
  ALICE,
  asking,
  at,
  cleared,
  firing,
  inThread,
  MINUTE,
  notification,
  only,
  owed,
  RITA,
  Story,
  types,
} from './given.ts';

const APPROVE: Command = { type: 'Approve', by: ALICE, request: 'r1' };
const START: Command = { type: 'StartRemedy', request: 'r1', approvers: [ALICE] };
const END: Command = { type: 'EndRemedy', request: 'r1', outcome: 'done', detail: 'it has ended' };
const CLEARED = notification(cleared());
const RESOLVE: Command = { type: 'Resolve', by: RITA };
const LIFEGUARD = { id: 'lifeguard', via: 'system' };

/** What the message of the request shows. */
function shown({ incident }: Story): string {
  const request = incident.requests['r1'];
  return request === undefined ? '' : JSON.stringify(requestView(incident, request, false));
}

/** An older version resolved an incident without a word about what was waiting in it. */
function resolvedByAnOlderVersion(story: Story): Story {
  story.state = { ...story.incident, status: 'resolved', resolved: { at: at(0), how: 'alerts' } } as Incident;
  return story;
}

test('with the last alert everything is closed that waits for an approval or its turn', () => {
  const story = inThread().given(asking(RITA), asking(RITA, 4712), APPROVE);
  const { events, effects } = story.at(2 * MINUTE).when(CLEARED);
  expect(types(events)).toEqual(['AlertCleared', 'Resolved', 'RemedyCancelled', 'RemedyCancelled']);
  expect(only(events, 'RemedyCancelled')).toEqual(
    ['r1', 'r2'].map((request) => ({
      type: 'RemedyCancelled',
      at: at(2 * MINUTE),
      request,
      by: LIFEGUARD,
      because: 'resolved',
    })),
  );
  expect(owed(effects)).toEqual(expect.arrayContaining(['draw request-r1', 'draw request-r2']));
  expect(shown(story)).toContain('closed with the incident before it began; nothing was done');
  expect(shown(story)).not.toContain('"type":"button"');
});

test('the execution that is owed by then does nothing, and a press on the old button is told why', () => {
  const story = inThread().given(asking(RITA), asking(RITA, 4712), APPROVE, RESOLVE);
  expect(story.when(START)).toMatchObject({ events: [], told: { code: 'request_closed' } });
  const { events, told } = story.when({ ...APPROVE, request: 'r2' });
  expect(events).toEqual([]);
  expect(toldText(told)).toBe(
    'The incident is over, so this was closed and nothing was done; ask again with `/pool kill 4712` if it is still needed.',
  );
});

test('what runs when the incident ends comes to its own end', () => {
  const story = inThread().given(asking(RITA), APPROVE, START);
  expect(types(story.when(CLEARED).events)).toEqual(['AlertCleared', 'Resolved']);
  expect(types(story.when(END).events)).toEqual(['RemedyEnded']);
  expect(story.incident.requests['r1']?.result?.outcome).toBe('done');
});

test('after a crash in it and the end of the incident it is only looked at', () => {
  const story = inThread().given(asking(RITA), APPROVE, START, CLEARED);
  expect(story.when(START).told).toMatchObject({
    code: 'start',
    again: true,
    lapsed: expect.stringContaining('the incident is over'),
  });
});

test('nothing closed so comes back when the incident opens again; it is asked for anew', () => {
  const story = inThread().given(asking(RITA), APPROVE, CLEARED);
  story.at(12 * MINUTE).given(notification(firing('f1', 12 * MINUTE)));
  expect(story.when(START).told).toMatchObject({ code: 'request_closed' });
  expect(story.when(asking(RITA)).told).toMatchObject({ code: 'requested', request: { id: 'r2' } });
});

test('an asking that comes as the incident ends is no part of it', () => {
  expect(inThread().given(RESOLVE).when(asking(RITA))).toMatchObject({
    events: [],
    told: { code: 'already_resolved' },
  });
});

test('a request that stands for itself is over by its own end', () => {
  const story = new Story().given(asking(RITA), APPROVE, START);
  expect(types(story.when(END).events)).toEqual(['RemedyEnded', 'Resolved']);
  const closed = new Story().given(asking(RITA));
  expect(types(closed.when(RESOLVE).events)).toEqual(['Resolved', 'RemedyCancelled']);
});

test('what an older version left waiting has no buttons, is not approved, and that is on the timeline', () => {
  const story = resolvedByAnOlderVersion(inThread().given(asking(RITA)));
  expect(shown(story)).not.toContain('"type":"button"');
  const { events, told } = story.when(APPROVE);
  expect(events).toMatchObject([
    {
      type: 'ActRefused',
      by: { id: 'U0ALICE' },
      why: 'the incident is over; ask again with `/pool kill 4711` if it is still needed',
    },
    { type: 'RemedyCancelled', request: 'r1', by: LIFEGUARD, because: 'resolved' },
  ]);
  expect(toldText(told)).toContain('The incident is over');
});

test('what an older version left approved is not started, and that is on the timeline', () => {
  const story = resolvedByAnOlderVersion(inThread().given(asking(RITA), APPROVE));
  const { events, told } = story.when(START);
  expect(told).toMatchObject({ code: 'not_allowed' });
  expect(events).toMatchObject([
    { type: 'ActRefused', act: expect.stringContaining('Carry out: ') },
    {
      type: 'RemedyEnded',
      outcome: 'refused',
      detail: expect.stringContaining('the incident is over; ask again with `/pool kill 4711`'),
    },
  ]);
});
