import { expect, test } from 'vitest';
import { validateBlocks } from '../../src/console/slack/validate.ts';
import type { Command } from '../../src/incident/commands.ts';
import { SYSTEM } from '../../src/incident/people.ts';
import { changesView } from '../../src/slack/views/changes.ts';
import { viewOf } from '../../src/slack/views/index.ts';
import { ALICE, at, inThread, MINUTE, only, POLICY, RITA, type Story } from '../incident/given.ts';

const CARRIED_OUT: Command[] = [
  {
    type: 'RequestRemedy',
    by: RITA,
    action: 'pool_size',
    target: {
      kind: 'pool_size',
      way: 'pgbouncer',
      at: 'db:6432',
      from: 20,
      to: 30,
      revertAfterMs: 30 * MINUTE,
    },
    preview: { title: 'Raise from 20 to 30', facts: [], risks: [], takenAt: at(0) },
    reason: 'it is stuck',
    id: 'inc-1',
  },
  { type: 'Approve', by: ALICE, request: 'r1' },
  { type: 'StartRemedy', request: 'r1', approvers: [ALICE] },
  { type: 'EndRemedy', request: 'r1', outcome: 'done', detail: 'raised' },
];

/** What the parent message, the request and the list of `/pool undo` say. */
function said(story: Story): { parent: string; request: string; list: string } {
  const blocks = {
    parent: viewOf('parent', story.incident, { policy: POLICY })?.blocks ?? [],
    request: viewOf('request-r1', story.incident, { policy: POLICY })?.blocks ?? [],
    list: changesView([story.incident]).blocks,
  };
  for (const one of Object.values(blocks)) expect(validateBlocks(one)).toEqual([]);
  return {
    parent: JSON.stringify(blocks.parent),
    request: JSON.stringify(blocks.request),
    list: JSON.stringify(blocks.list),
  };
}

const BEGINNING: Command[] = [
  { type: 'RevertRemedy', request: 'r1' },
  { type: 'StartUndo', request: 'r1', by: SYSTEM },
];

test('a change that stands is temporary, until when, and can be undone by a press', () => {
  const { parent, request, list } = said(inThread().given(...CARRIED_OUT));
  for (const one of [parent, request, list]) expect(one).toMatch(/\*Temporary\* until .*03:30:00 UTC/);
  for (const one of [request, list]) expect(one).toContain('"text":"Undo"');
  expect(list).toContain('/pool undo inc-1/r1');
});

test('the parent message says so while the incident is over, too', () => {
  const story = inThread().given(...CARRIED_OUT, { type: 'Resolve', by: RITA });
  expect(said(story).parent).toContain('*Temporary* until');
});

test('while it is undone there is no button; what holds it up is named', () => {
  const story = inThread()
    .given(...CARRIED_OUT)
    .at(30 * MINUTE)
    .given(...BEGINNING);
  expect(said(story).request).toContain('being undone by itself');
  expect(said(story).request).not.toContain('"text":"Undo"');
  story.given({ type: 'DelayUndo', request: 'r1', detail: 'PgBouncer is away' });
  for (const one of Object.values(said(story))) expect(one).toContain('PgBouncer is away');
});

test('once it is undone the request says how, and nothing else speaks of it', () => {
  const story = inThread()
    .given(...CARRIED_OUT)
    .at(30 * MINUTE)
    .given(...BEGINNING, { type: 'EndUndo', request: 'r1', outcome: 'done', detail: 'it is 20 again' });
  const { parent, request, list } = said(story);
  expect(request).toContain('undone by itself: it is 20 again');
  expect(parent).not.toContain('emporary');
  expect(list).toContain('nothing to undo');
  const [event] = only(story.events, 'UndoEnded');
  const note = viewOf('note-1', story.incident, { policy: POLICY }, event);
  expect(note?.text).toContain('it is 20 again, as its time was up');
});

test('one that could not be undone still stands, with the reason and the button', () => {
  const story = inThread()
    .given(...CARRIED_OUT)
    .at(30 * MINUTE)
    .given(...BEGINNING, { type: 'EndUndo', request: 'r1', outcome: 'failed', detail: 'by hand then' });
  expect(said(story).request).toMatch(/\*Still in force\*.*by hand then.*"text":"Undo"/);
  expect(said(story).parent).toContain('*Still in force*');
});
