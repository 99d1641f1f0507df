import { expect, test } from 'vitest';
import { firingAlerts } from '../../src/incident/state.ts';
import {
  at,
  cleared,
  fired,
  firing,
  levels,
  MINUTE,
  NO_POOL,
  notification,
  only,
  Story,
  types,
} from './given.ts';

test('a firing alert opens an incident of its pool, reaches level 1 and starts the first check', () => {
  const { events } = new Story().at(2_000).when(notification(firing('f1', 0)));
  expect(types(events)).toEqual(['IncidentOpened', 'AlertFired', 'StepStarted', 'LevelReached']);
  expect(events[0]).toMatchObject({
    kind: 'incident',
    id: 'inc-1',
    pool: 'orders',
    channel: '#backend-team',
    title: 'Poolf1',
    severity: 'critical',
    startsAt: at(0),
    at: at(2_000),
    source: 'alertmanager',
  });
  expect(events[2]).toMatchObject({ step: 2, run: 1, by: { id: 'lifeguard', via: 'system' } });
});

test('a group of several alerts is one incident that counts from the earliest of them', () => {
  const story = new Story()
    .at(3 * MINUTE)
    .given(notification(firing('f1', 2 * MINUTE), firing('f2', MINUTE)));
  expect(types(story.events).filter((type) => type !== 'LevelReached')).toEqual([
    'IncidentOpened',
    'AlertFired',
    'StepStarted',
    'AlertFired',
  ]);
  expect(story.incident.startsAt).toBe(at(MINUTE));
  expect(firingAlerts(story.incident).map((alert) => alert.fingerprint)).toEqual(['f1', 'f2']);
});

test('another alert of the same pool joins the open incident', () => {
  const { events } = fired()
    .at(MINUTE)
    .when(notification(firing('f1'), firing('f2', MINUTE)));
  expect(types(events)).toEqual(['AlertFired']);
});

test('the incident stays open until the last of its alerts has cleared', () => {
  const story = new Story().given(notification(firing('f1'), firing('f2')));
  const first = story.at(2 * MINUTE).when(notification(cleared('f1', 2 * MINUTE), firing('f2')));
  expect(types(first.events)).toEqual(['AlertCleared']);
  expect(story.incident.status).toBe('open');

  const last = story.at(3 * MINUTE).when(notification(cleared('f2', 3 * MINUTE)));
  expect(types(last.events)).toEqual(['AlertCleared', 'Resolved']);
  expect(only(last.events, 'AlertCleared')[0]).toMatchObject({ name: 'Poolf2', endsAt: at(3 * MINUTE) });
  expect(story.incident).toMatchObject({
    status: 'resolved',
    resolved: { at: at(3 * MINUTE), how: 'alerts' },
  });
});

test('an alert that joins while another clears in the same notification keeps the incident open', () => {
  const story = fired();
  const { events } = story.at(MINUTE).when(notification(cleared('f1', MINUTE), firing('f2', MINUTE)));
  expect(types(events)).toEqual(['AlertFired', 'AlertCleared']);
  expect(story.incident.status).toBe('open');
});

test('alerts that have cleared already open nothing', () => {
  expect(new Story().when(notification(cleared('f1')))).toEqual({ events: [], effects: [] });
});

test('the clearing of an alert that the incident never saw changes nothing', () => {
  expect(
    fired()
      .at(MINUTE)
      .when(notification(cleared('f9'))).events,
  ).toEqual([]);
});

test('an alert that matches no pool opens an incident in the default channel, with no check', () => {
  const story = new Story(NO_POOL).given(notification(firing()));
  expect(types(story.events)).toEqual(['IncidentOpened', 'AlertFired', 'LevelReached']);
  expect(story.incident.pool).toBeUndefined();
  expect(story.incident.channel).toBe('#incidents');
});

test('an alert that has been firing for 20 minutes before it was heard of reaches at once what is due', () => {
  const { events } = new Story().at(20 * MINUTE).when(notification(firing('f1', 0)));
  expect(levels(events)).toEqual([1, 2, 3]);
  expect(only(events, 'LevelReached').map((event) => event.lateMs)).toEqual([
    undefined,
    15 * MINUTE,
    5 * MINUTE,
  ]);
});

test('an alert whose clock runs ahead does not put off the first level', () => {
  const story = new Story().given(notification(firing('f1', 10 * MINUTE)));
  expect(story.incident.startsAt).toBe(at(0));
  expect(levels(story.events)).toEqual([1]);
});

test('an alert without a name or severity is still an incident', () => {
  const { labels: _labels, ...rest } = firing();
  const story = new Story().given(notification({ ...rest, labels: {} }));
  expect(story.incident).toMatchObject({ title: 'unnamed alert', severity: 'critical' });
});
