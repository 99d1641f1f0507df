import { expect, test } from 'vitest';
import { ECHO_MS } from '../../src/incident/decide/alerts.ts';
import {
  at,
  cleared,
  fired,
  firing,
  inThread,
  levels,
  MINUTE,
  notification,
  only,
  owed,
  RITA,
  types,
} from './given.ts';

test('an alert that fires anew after its clearing reopens the incident in the same thread', () => {
  const story = inThread()
    .at(10 * MINUTE)
    .given(notification(cleared('f1', 10 * MINUTE)));
  const { events, effects } = story.at(20 * MINUTE).when(notification(firing('f1', 19 * MINUTE)));
  expect(types(events)).toEqual(['IncidentReopened', 'AlertFired', 'StepStarted', 'LevelReached']);
  expect(story.incident).toMatchObject({
    status: 'open',
    firing: 2,
    startsAt: at(19 * MINUTE),
    thread: { ts: '1.000001' },
  });
  expect(story.incident.resolved).toBeUndefined();
  expect(owed(effects)).toContain('draw parent');
});

test('levels and acknowledgement begin anew with a reopening', () => {
  const story = inThread().given({ type: 'Acknowledge', by: RITA });
  story.at(10 * MINUTE).given(notification(cleared('f1', 10 * MINUTE)));
  story.at(20 * MINUTE).given(notification(firing('f1', 20 * MINUTE)));
  expect(story.incident.acknowledged).toBeUndefined();
  expect(story.incident.levels.map((level) => level.level)).toEqual([1]);
  expect(levels(story.at(25 * MINUTE).when({ type: 'CheckEscalation' }).events)).toEqual([2]);
});

test('a reopening sets new timers and runs the first check again', () => {
  const story = inThread()
    .at(10 * MINUTE)
    .given(notification(cleared('f1', 10 * MINUTE)));
  const { effects } = story.at(20 * MINUTE).when(notification(firing('f1', 20 * MINUTE)));
  expect(owed(effects).filter((line) => !line.startsWith('draw'))).toEqual([
    `CheckEscalation at ${at(25 * MINUTE)}`,
    `CheckEscalation at ${at(35 * MINUTE)}`,
    `CheckEscalation at ${at(50 * MINUTE)}`,
    'step 2 run 2',
    'trigger L1',
  ]);
});

test('findings and requests of the last firing are kept', () => {
  const findings = { headline: '42 sessions idle in transaction', lines: [] };
  const story = inThread().given({ type: 'RecordStep', step: 2, run: 1, ok: true, ms: 3, findings });
  story.at(10 * MINUTE).given(notification(cleared('f1', 10 * MINUTE)));
  story.at(20 * MINUTE).given(notification(firing('f1', 20 * MINUTE)));
  expect(story.incident.steps[2]).toMatchObject({ running: true, run: 2, findings });
});

test('an alert that goes on firing well after a person closed it reopens, and counts from then', () => {
  const story = inThread().at(MINUTE).given({ type: 'Resolve', by: RITA });
  const now = MINUTE + ECHO_MS + 1;
  const { events } = story.at(now).when(notification(firing('f1', 0)));
  expect(types(events)).toEqual(['IncidentReopened', 'AlertFired', 'StepStarted', 'LevelReached']);
  expect(only(events, 'IncidentReopened')[0]?.startsAt).toBe(at(now));
  expect(levels(events)).toEqual([1]);
});

test('the same start written in another time zone is the same firing', () => {
  const story = inThread().at(MINUTE).given({ type: 'Resolve', by: RITA });
  const now = MINUTE + ECHO_MS + 1;
  const elsewhere = { ...firing('f1', 0), startsAt: '2026-03-02T05:00:00+02:00' };
  const { events } = story.at(now).when(notification(elsewhere));
  expect(only(events, 'IncidentReopened')[0]?.startsAt).toBe(at(now));
});

test("another alert within the echo of a person's closing reopens: it is news", () => {
  const story = inThread().at(MINUTE).given({ type: 'Resolve', by: RITA });
  const { events } = story.at(2 * MINUTE).when(notification(firing('f2', 2 * MINUTE)));
  expect(types(events)).toEqual(['IncidentReopened', 'AlertFired', 'StepStarted', 'LevelReached']);
});

test('a reopened incident resolves again when its alerts clear', () => {
  const story = fired()
    .at(10 * MINUTE)
    .given(notification(cleared('f1', 10 * MINUTE)));
  story.at(20 * MINUTE).given(notification(firing('f1', 20 * MINUTE)));
  const { events } = story.at(30 * MINUTE).when(notification(cleared('f1', 30 * MINUTE, 20 * MINUTE)));
  expect(types(events).slice(0, 2)).toEqual(['AlertCleared', 'Resolved']);
  expect(story.incident.status).toBe('resolved');
});
