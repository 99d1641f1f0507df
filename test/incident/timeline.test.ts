import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Event } from '../../src/incident/events.ts';
import { Story } from './given.ts';
import { moves, policies } from './random-story.ts';
import { contradictions } from './timeline.ts';

test('whatever people and machines do, in whatever order, no timeline contradicts itself', () => {
  fc.assert(
    fc.property(policies, moves, (policy, story) => {
      const told = new Story(policy);
      for (const { wait, command } of story) {
        // Only a handler reports a page, and only of a level that is in force: the core believes it.
        if (/^RecordPage/.test(command.type)) continue;
        told.at(told.clock + wait).when(command);
      }
      expect(contradictions(told.events)).toEqual([]);
    }),
    { numRuns: 120 },
  );
});

const at = '2026-03-02T03:00:00.000Z';
const by = { id: 'U0BOB', via: 'slack' } as const;
const opened: Event = {
  type: 'IncidentOpened',
  at,
  kind: 'incident',
  id: 'inc-1',
  channel: '#backend-team',
  title: 'orders is full',
  severity: 'critical',
  startsAt: at,
  source: 'alertmanager',
};
const level: Event = { type: 'LevelReached', at, level: 1, name: 'On-call', why: 'due', pages: true };
const paged: Event = { type: 'Paged', at, level: 1, dedupKey: 'lifeguard-inc-1-L1' };
const resolved: Event = { type: 'Resolved', at, how: 'alerts' };
const approved: Event = { type: 'RemedyApproved', at, request: 'r1', by, enough: true };
const started: Event = { type: 'RemedyStarted', at, request: 'r1' };
const acknowledged: Event = { type: 'Acknowledged', at, by };

test.each<[string, Event[]]>([
  ['a page of a level that is not in force', [paged]],
  ['a level reached twice', [level, level]],
  ['a page twice', [level, paged, paged]],
  ['a level of an incident that is over', [resolved, level]],
  [
    'an end without a beginning',
    [{ type: 'StepFinished', at, step: 1, run: 1, ok: true, ms: 1, findings: { headline: '', lines: [] } }],
  ],
  ['an approval of what nobody asked for', [approved]],
  ['a start that nobody approved', [started]],
  ['two threads', [1, 2].map((ts) => ({ type: 'ThreadOpened', at, channel: 'C1', ts: String(ts) }))],
  ['two who have it', [acknowledged, acknowledged]],
  ['a second beginning', [opened]],
  ['a step back in time', [{ ...level, at: '2026-03-02T02:59:59.999Z' }]],
])('notices %s', (_what, events) => {
  expect(contradictions([opened, ...events])).toHaveLength(1);
});

test('a story as it should be has no contradiction', () => {
  expect(contradictions([opened, level, acknowledged, paged, resolved])).toEqual([]);
});
