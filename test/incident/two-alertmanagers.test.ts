import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleared, fired, firing, MINUTE, notification, only, Story } from './given.ts';

test('the second of two Alertmanagers delivers the same firing: one incident', () => {
  const story = fired().at(1).given(notification(firing()));
  expect(only(story.events, 'IncidentOpened')).toHaveLength(1);
  expect(only(story.events, 'AlertFired')).toHaveLength(1);
});

test('a late copy of a firing that has cleared since is ignored', () => {
  const story = fired()
    .at(10 * MINUTE)
    .given(notification(cleared('f1', 10 * MINUTE)));
  expect(story.at(10 * MINUTE + 1).when(notification(firing('f1', 0))).events).toEqual([]);
  expect(story.at(39 * MINUTE).when(notification(firing('f1', 0))).events).toEqual([]);
  expect(story.incident.status).toBe('resolved');
});

test('a late copy of a clearing does not clear the firing that came after it', () => {
  const story = fired()
    .at(10 * MINUTE)
    .given(notification(cleared('f1', 10 * MINUTE)));
  story.at(20 * MINUTE).given(notification(firing('f1', 20 * MINUTE)));
  expect(story.at(21 * MINUTE).when(notification(cleared('f1', 10 * MINUTE, 0))).events).toEqual([]);
  expect(story.incident.status).toBe('open');
});

test('a firing with a newer start is a new firing of the same alert', () => {
  const story = fired().at(10 * MINUTE);
  expect(story.when(notification(firing('f1', 9 * MINUTE))).events[0]?.type).toBe('AlertFired');
  expect(story.incident.alerts.f1?.startsAt).toBe(firing('f1', 9 * MINUTE).startsAt);
});

test('whatever a second Alertmanager repeats of what was delivered before, in any order, the incident ends the same', () => {
  const deliveries = [
    notification(firing('f1', 0)),
    notification(firing('f1', 0), firing('f2', MINUTE)),
    notification(cleared('f1', 2 * MINUTE), firing('f2', MINUTE)),
    notification(cleared('f1', 2 * MINUTE), cleared('f2', 3 * MINUTE, MINUTE)),
  ];
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { maxLength: 12 }), (repeats) => {
      const alone = new Story();
      const doubled = new Story();
      for (const [index, delivery] of deliveries.entries()) {
        alone.at(index * MINUTE).given(delivery);
        doubled.at(index * MINUTE).given(delivery);
        // After each delivery, copies of it and of earlier ones trickle in from the other.
        for (const [after, which] of repeats) {
          const copy = deliveries[Math.min(which, index)];
          if (after === index && copy !== undefined) doubled.given(copy);
        }
      }
      expect(doubled.events).toEqual(alone.events);
    }),
  );
});
