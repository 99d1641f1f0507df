import { expect, test } from 'vitest';
import type { Command } from '../../src/incident/commands.ts';
import { ownerOf } from '../../src/incident/state.ts';
import {
  ALICE,
  at,
  cleared,
  DIRK,
  firing,
  GUEST,
  inThread,
  levels,
  MINUTE,
  notification,
  owed,
  POLICY,
  RITA,
  types,
} from './given.ts';

const TO_ALICE: Command = { type: 'HandOver', by: RITA, to: ALICE };

test('the incident is handed from the one who has it to another, and the timeline says so', () => {
  const story = inThread().given({ type: 'Acknowledge', by: RITA }).at(MINUTE);
  const { events, effects, told } = story.when(TO_ALICE);
  expect(events).toMatchObject([
    { type: 'HandedOver', from: { id: 'U0RITA' }, to: { id: 'U0ALICE' }, by: { id: 'U0RITA' } },
  ]);
  expect(told).toEqual({ code: 'handed_over', to: { id: 'U0ALICE', name: 'Alice', via: 'slack' } });
  expect(owed(effects)).toContain('draw parent');
  expect(ownerOf(story.incident)).toMatchObject({ person: { id: 'U0ALICE' }, at: at(MINUTE) });
  expect(story.when({ type: 'Acknowledge', by: DIRK }).told).toMatchObject({
    code: 'already_acknowledged',
    by: { id: 'U0ALICE' },
  });
});

test('it is no acknowledgement: with nobody else the next level is called all the same', () => {
  const story = inThread().given(TO_ALICE);
  expect(story.incident.acknowledged).toBeUndefined();
  expect(levels(story.at(5 * MINUTE).when({ type: 'CheckEscalation' }).events)).toEqual([2]);
  story.given({ type: 'Acknowledge', by: ALICE });
  expect(ownerOf(story.incident)).toMatchObject({ person: { id: 'U0ALICE' }, at: at(5 * MINUTE) });
});

test('anyone who may respond may take it over, and who has it already is told', () => {
  const story = inThread().given({ type: 'Acknowledge', by: RITA });
  expect(types(story.when({ type: 'HandOver', by: ALICE, to: ALICE }).events)).toEqual(['HandedOver']);
  expect(story.when(TO_ALICE)).toMatchObject({ events: [], told: { code: 'has_it_already' } });
});

test('who may not respond neither hands over nor is handed anything', () => {
  expect(types(inThread().when({ type: 'HandOver', by: GUEST, to: ALICE }).events)).toEqual(['ActRefused']);
  const { events, told } = inThread().when({ type: 'HandOver', by: RITA, to: GUEST });
  expect(events).toEqual([]);
  expect(told).toMatchObject({ code: 'cannot_have_it', to: { id: 'U0GUEST' } });
});

test('a resolved incident is not handed over, and a new firing belongs to nobody', () => {
  const story = inThread().given(TO_ALICE, notification(cleared('f1', MINUTE)));
  expect(story.when(TO_ALICE)).toMatchObject({ events: [], told: { code: 'already_resolved' } });
  story.at(2 * MINUTE).given(notification(firing('f1', 2 * MINUTE)));
  expect(ownerOf(story.incident)).toBeUndefined();
});

test('an incident that an older version has stored belongs to the one who acknowledged it', () => {
  const { owner: _none, ...stored } = inThread().given({ type: 'Acknowledge', by: RITA }).incident;
  expect(ownerOf(stored)).toMatchObject({ person: { id: 'U0RITA' }, at: at(0) });
});

test('with PagerDuty’s REST API the first page goes to the other, and all pages once somebody has acknowledged', () => {
  const policy = { ...POLICY, escalation: { ...POLICY.escalation, rest: true } };
  const assigned = (effects: Parameters<typeof owed>[0]) =>
    owed(effects).filter((line) => line.startsWith('assign '));
  const story = inThread(policy)
    .at(5 * MINUTE)
    .given({ type: 'CheckEscalation' });
  // Who was called because nobody had acknowledged is not called off.
  const { effects } = story.when(TO_ALICE);
  expect(assigned(effects)).toEqual(['assign L1 to U0ALICE']);
  // A reassignment that fails must not hold up the resolve.
  expect(effects.find(({ kind }) => kind === 'pagerduty.assign')?.lane).toBe('assign.inc-1.1');
  story.given({ type: 'Acknowledge', by: ALICE });
  expect(assigned(story.when({ type: 'HandOver', by: ALICE, to: RITA }).effects)).toEqual([
    'assign L1 to U0RITA',
    'assign L2 to U0RITA',
  ]);
  const without = inThread().given({ type: 'Acknowledge', by: RITA });
  expect(assigned(without.when(TO_ALICE).effects)).toEqual([]);
});
