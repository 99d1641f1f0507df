import { expect, test } from 'vitest';
import { ECHO_MS } from '../../src/incident/decide/alerts.ts';
import {
  ALICE,
  asking,
  cleared,
  fired,
  firing,
  inThread,
  MINUTE,
  notification,
  type Outcome,
  RITA,
  Story,
} from './given.ts';

const NOTHING: Outcome = { events: [], effects: [] };

test('the same notification again changes nothing', () => {
  const story = fired();
  expect(story.at(MINUTE).when(notification(firing()))).toEqual(NOTHING);
  expect(story.at(4 * 60 * MINUTE).when(notification(firing()))).toEqual(NOTHING);
});

test('the same alert twice in one notification is one alert', () => {
  const once = new Story().given(notification(firing()));
  const twice = new Story().given(notification(firing(), firing()));
  expect(twice.events).toEqual(once.events);
});

test('the same clearing again changes nothing', () => {
  const story = fired()
    .at(10 * MINUTE)
    .given(notification(cleared()));
  expect(story.at(11 * MINUTE).when(notification(cleared()))).toEqual(NOTHING);
});

test('what Alertmanager goes on repeating after a person closed the incident is an echo', () => {
  const story = fired().at(MINUTE).given({ type: 'Resolve', by: RITA });
  expect(story.at(MINUTE + ECHO_MS).when(notification(firing()))).toEqual(NOTHING);
});

test('a thread, a page, a step and the end of a remedy are recorded once', () => {
  const story = inThread().given(asking(ALICE), { type: 'Approve', by: ALICE, request: 'r1' });
  story.given({ type: 'StartRemedy', request: 'r1', approvers: [ALICE] });
  const reports = [
    { type: 'RecordThread', channel: 'C1', ts: '2.000002' },
    { type: 'RecordPage', level: 1, dedupKey: 'lifeguard-inc-1-L1' },
    { type: 'RecordStep', step: 2, run: 1, ok: true, ms: 12, findings: { headline: 'h', lines: [] } },
    { type: 'EndRemedy', request: 'r1', outcome: 'done', detail: 'gone' },
  ] as const;
  for (const report of reports) story.given(report);
  for (const report of reports) expect(story.when(report), report.type).toEqual(NOTHING);
  expect(story.incident.thread?.ts).toBe('1.000001');
});

test('the report of a step that a newer run has overtaken is dropped', () => {
  const findings = { headline: 'old', lines: [] };
  const story = fired().given({ type: 'RecordStep', step: 2, run: 1, ok: false, ms: 1, findings });
  story.given({ type: 'RunStep', by: RITA, step: 2 });
  expect(story.when({ type: 'RecordStep', step: 2, run: 1, ok: true, ms: 1, findings })).toEqual(NOTHING);
  expect(story.incident.steps[2]).toMatchObject({ run: 2, running: true });
});

test('a timer that rings again finds nothing to do', () => {
  const story = fired()
    .at(5 * MINUTE)
    .given({ type: 'CheckEscalation' });
  expect(story.when({ type: 'CheckEscalation' })).toEqual(NOTHING);
});

test('asking twice for the same remedy points to the request that is there', () => {
  const story = inThread().given(asking(RITA));
  const again = story.when(asking(ALICE));
  expect(again.events).toEqual([]);
  expect(again.told).toMatchObject({
    code: 'already_requested',
    request: { id: 'r1', requestedBy: { id: 'U0RITA' } },
  });
});

test('another backend, another start of the same pid or another action is another request', () => {
  const story = inThread().given(asking(RITA));
  expect(story.when(asking(RITA, 4712)).told).toMatchObject({ code: 'requested', request: { id: 'r2' } });
  expect(story.when(asking(RITA, 4711, 'cancel')).told).toMatchObject({
    code: 'requested',
    request: { id: 'r3' },
  });
  const later = { kind: 'backend', pid: 4711, backendStart: '2026-03-02 03:05:00.000001+00' } as const;
  const command = asking(RITA);
  if (command.type !== 'RequestRemedy') throw new Error('unexpected command');
  expect(story.when({ ...command, target: later }).told).toMatchObject({
    code: 'requested',
    request: { id: 'r4' },
  });
});
