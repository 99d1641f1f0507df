import { expect, test } from 'vitest';
import type { Command } from '../../src/incident/commands.ts';
import { fold } from '../../src/incident/evolve.ts';
import { type Actor, SYSTEM } from '../../src/incident/people.ts';
import type { PoolSizeTarget, RemedyOutcome } from '../../src/incident/remedy.ts';
import {
  ALICE,
  at,
  cleared,
  DIRK,
  GUEST,
  inThread,
  MINUTE,
  notification,
  only,
  owed,
  POLICY,
  PREVIEW,
  RITA,
  type Story,
  types,
} from './given.ts';

const SIZE: PoolSizeTarget = {
  kind: 'pool_size',
  way: 'pgbouncer',
  at: 'db:6432',
  from: 20,
  to: 30,
  revertAfterMs: 30 * MINUTE,
};

function ask(target: PoolSizeTarget = SIZE): Command {
  return {
    type: 'RequestRemedy',
    by: RITA,
    action: 'pool_size',
    target,
    preview: PREVIEW,
    reason: 'it is stuck',
    id: 'inc-1',
  };
}

function carriedOut(outcome: RemedyOutcome = 'done'): Command[] {
  return [
    ask(),
    { type: 'Approve', by: ALICE, request: 'r1' },
    { type: 'StartRemedy', request: 'r1', approvers: [ALICE] },
    { type: 'EndRemedy', request: 'r1', outcome, detail: 'raised' },
  ];
}

/** The pool size was raised a minute after the story's beginning. */
function raised(outcome: RemedyOutcome = 'done'): Story {
  return inThread()
    .at(MINUTE)
    .given(...carriedOut(outcome));
}

const UNTIL = 31 * MINUTE;
const revert: Command = { type: 'RevertRemedy', request: 'r1' };
const undoBy = (by: Actor): Command => ({ type: 'Undo', by, request: 'r1' });
const start = (by: Actor = SYSTEM): Command => ({ type: 'StartUndo', request: 'r1', by });
const end = (outcome: RemedyOutcome): Command => ({
  type: 'EndUndo',
  request: 'r1',
  outcome,
  detail: 'it is 20 again',
});

const undoOf = (story: Story) => story.incident.requests['r1']?.undo;

test('a change that was made is temporary: a timer is set for its end', () => {
  const story = raised();
  expect(undoOf(story)).toEqual({ status: 'standing', until: at(UNTIL) });
  expect(owed(story.effects)).toContain(`RevertRemedy at ${at(UNTIL)}`);
});

test('what was not changed has nothing to be undone', () => {
  for (const outcome of ['nothing_to_do', 'refused', 'failed'] as const) {
    const story = raised(outcome);
    expect(undoOf(story)).toBeUndefined();
    expect(owed(story.effects).join()).not.toContain('RevertRemedy');
    expect(story.when(undoBy(ALICE))).toMatchObject({ events: [], told: { code: 'nothing_to_undo' } });
  }
});

test('when the time is up it is undone by Lifeguard, in the lane of the remedies; too early nothing happens', () => {
  const story = raised();
  expect(story.at(UNTIL - 1).when(revert).events).toEqual([]);
  const rung = story.at(UNTIL).when(revert);
  expect(rung.events).toEqual([
    { type: 'UndoAsked', at: at(UNTIL), request: 'r1', by: { id: 'lifeguard', via: 'system' } },
  ]);
  expect(rung.effects).toContainEqual(
    expect.objectContaining({ kind: 'remedy.undo', lane: 'remedy.orders', payload: { request: 'r1' } }),
  );
  expect(story.when(revert).events).toEqual([]);
  expect(story.when(start()).told).toMatchObject({ code: 'start', again: false });
  expect(story.when(start()).told).toMatchObject({ code: 'start', again: true });
  expect(owed(story.when(end('done')).effects)).toEqual([
    'draw parent',
    'draw request-r1',
    expect.stringMatching(/^draw note-/),
  ]);
  expect(undoOf(story)).toMatchObject({ status: 'ended', result: { outcome: 'done' } });
  expect(story.when(end('done')).events).toEqual([]);
});

test('it is undone although the incident has been over for long', () => {
  const story = raised()
    .at(5 * MINUTE)
    .given(notification(cleared()));
  expect(story.incident.status).toBe('resolved');
  expect(types(story.at(UNTIL).when(revert).events)).toEqual(['UndoAsked']);
});

test('an approver undoes it before; everyone else is refused, and that is on the timeline', () => {
  for (const by of [RITA, GUEST, { ...DIRK, groups: 'unreadable' as const }]) {
    const { events, told } = raised().when(undoBy(by));
    expect(types(events)).toEqual(['ActRefused']);
    expect(told).toMatchObject({ code: 'not_allowed' });
  }
  const story = raised();
  expect(types(story.when(undoBy(DIRK)).events)).toEqual(['UndoAsked']);
  expect(story.when(undoBy(ALICE)).told).toMatchObject({ code: 'being_undone' });
  story.given(start(DIRK), end('done'));
  expect(story.at(UNTIL).when(revert).events).toEqual([]);
  expect(story.when(undoBy(ALICE)).told).toMatchObject({ code: 'nothing_to_undo' });
});

test('a right that was taken away after the press is taken away: the change stands, and its timer too', () => {
  const story = raised().given(undoBy(DIRK));
  const { events, told } = story.when(start({ ...DIRK, groups: [] }));
  expect(types(events)).toEqual(['ActRefused', 'UndoEnded']);
  expect(told).toMatchObject({ code: 'not_allowed' });
  expect(undoOf(story)?.status).toBe('standing');
  expect(types(story.at(UNTIL).when(revert).events)).toEqual(['UndoAsked']);
});

test('one that failed can be asked for again; one that others were faster with is over', () => {
  const failed = raised().at(UNTIL).given(revert, start(), end('failed'));
  expect(undoOf(failed)).toMatchObject({ status: 'standing', result: { outcome: 'failed' } });
  expect(types(failed.when(undoBy(ALICE)).events)).toEqual(['UndoAsked']);
  const moved = raised().at(UNTIL).given(revert, start(), end('nothing_to_do'));
  expect(undoOf(moved)?.status).toBe('ended');
});

test('what holds it up is told once', () => {
  const story = raised().at(UNTIL).given(revert, start());
  const late: Command = { type: 'DelayUndo', request: 'r1', detail: 'PgBouncer is away' };
  expect(types(story.when(late).events)).toEqual(['UndoDelayed']);
  expect(story.when(late).events).toEqual([]);
  expect(undoOf(story)).toMatchObject({ status: 'running', trouble: 'PgBouncer is away' });
  story.given(end('done'));
  expect(undoOf(story)?.trouble).toBeUndefined();
});

test('on top of a change that stands there is no second one of the same setting', () => {
  const story = raised();
  const more = ask({ ...SIZE, from: 30, to: 45 });
  expect(story.when(more)).toMatchObject({
    events: [],
    told: { code: 'still_changed', request: { id: 'r1' } },
  });
  expect(story.when(ask({ ...SIZE, at: 'other:6432' })).told).toMatchObject({ code: 'requested' });
  story.given(undoBy(ALICE), start(ALICE), end('done'));
  expect(story.when(more).told).toMatchObject({ code: 'requested' });
});

test('it reads the same from the store', () => {
  const story = raised().at(UNTIL).given(revert, start(), end('done'));
  expect(fold(JSON.parse(JSON.stringify(story.events)))).toEqual(story.incident);
  expect(only(story.events, 'UndoEnded')).toHaveLength(1);
});

test('a timeout stands until someone undoes it, and the pool is not watched for it: it holds for sessions to come', () => {
  const story = inThread({
    ...POLICY,
    pool: { name: 'orders', threshold: 90, steps: [2], verify: { withinMs: MINUTE, healthyBelow: 80 } },
  }).given(
    {
      type: 'RequestRemedy',
      by: RITA,
      action: 'timeout',
      target: {
        kind: 'timeout',
        setting: 'statement_timeout',
        role: 'app',
        database: 'shop',
        from: null,
        to: '30s',
      },
      preview: PREVIEW,
      reason: 'it is stuck',
      id: 'inc-1',
    },
    ...carriedOut().slice(1),
  );
  expect(undoOf(story)).toEqual({ status: 'standing' });
  expect(owed(story.effects).filter((line) => /^(verify|Revert)/.test(line))).toEqual([]);
  expect(story.at(10 * UNTIL).when(revert).events).toEqual([]);
  expect(types(story.when(undoBy(ALICE)).events)).toEqual(['UndoAsked']);
});
