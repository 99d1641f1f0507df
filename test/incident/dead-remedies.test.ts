import { expect, test } from 'vitest';
import type { Command } from '../../src/incident/commands.ts';
import type { EffectKind } from '../../src/incident/effects.ts';
import type { Target } from '../../src/incident/remedy.ts';
import { ALICE, asking, inThread, MINUTE, POLICY, PREVIEW, RITA, Story, types } from './given.ts';

const APPROVE: Command = { type: 'Approve', by: ALICE, request: 'r1' };
const START: Command = { type: 'StartRemedy', request: 'r1', approvers: [ALICE] };
const END: Command = { type: 'EndRemedy', request: 'r1', outcome: 'done', detail: 'it has ended' };
const DAY = 24 * 60 * MINUTE;

function died(kind: EffectKind): Command {
  return { type: 'RecordDeadEffect', effect: 'inc-1.9.0', kind, detail: 'a bug', request: 'r1' };
}

const SIZE: Target = {
  kind: 'pool_size',
  way: 'pgbouncer',
  at: 'db:6432',
  from: 20,
  to: 30,
  revertAfterMs: 30 * MINUTE,
};
const RAISE: Command = {
  type: 'RequestRemedy',
  by: RITA,
  action: 'pool_size',
  target: SIZE,
  preview: PREVIEW,
  reason: 'it is stuck',
  id: 'inc-1',
};

test('an execution that is given up ends its request, so that it can be asked for again', () => {
  const story = inThread().given(asking(RITA), APPROVE, START).at(DAY);
  expect(story.when(died('remedy.execute')).events).toMatchObject([
    { type: 'EffectDied' },
    { type: 'RemedyEnded', outcome: 'failed', unknown: true, detail: expect.stringContaining('a bug') },
  ]);
  expect(story.incident.requests['r1']?.status).toBe('ended');
  expect(story.when(asking(RITA)).told).toMatchObject({ code: 'requested' });
  expect(types(story.when(died('remedy.execute')).events)).toEqual(['EffectDied']);
});

test('one that never began says that nothing was done; a request that stands for itself is over', () => {
  const story = new Story().given(asking(RITA), APPROVE).at(DAY);
  const { events } = story.when(died('remedy.execute'));
  expect(types(events)).toEqual(['EffectDied', 'RemedyEnded', 'Resolved']);
  expect(story.incident.requests['r1']?.result).toMatchObject({
    outcome: 'failed',
    detail: expect.stringContaining('nothing was done'),
  });
  expect(story.incident.requests['r1']?.result).not.toHaveProperty('unknown');
});

test('a change that may have been made is taken back all the same', () => {
  const story = inThread().given(RAISE, APPROVE, START).at(DAY).given(died('remedy.execute'));
  expect(story.incident.requests['r1']?.undo?.status).toBe('standing');
});

test('an undoing that is given up leaves the change standing, and the button', () => {
  const story = inThread().given(RAISE, APPROVE, START, END, { type: 'Undo', by: ALICE, request: 'r1' });
  expect(types(story.at(DAY).when(died('remedy.undo')).events)).toEqual(['EffectDied', 'UndoEnded']);
  expect(story.incident.requests['r1']?.undo).toMatchObject({
    status: 'standing',
    result: { outcome: 'failed', detail: expect.stringContaining('a bug') },
  });
  expect(types(story.when({ type: 'Undo', by: ALICE, request: 'r1' }).events)).toEqual(['UndoAsked']);
});

test('a watch that is given up has not seen the pool well', () => {
  const pool = { name: 'orders', threshold: 90, steps: [2], verify: { withinMs: MINUTE, healthyBelow: 80 } };
  const story = inThread({ ...POLICY, pool }).given(asking(RITA), APPROVE, START, END);
  expect(types(story.at(DAY).when(died('remedy.verify')).events)).toEqual(
    expect.arrayContaining(['EffectDied', 'FixFailed']),
  );
});

test('what has nothing to do with a remedy ends none', () => {
  const story = inThread().given(asking(RITA), APPROVE, START);
  expect(types(story.when(died('slack.file')).events)).toEqual(['EffectDied']);
});
