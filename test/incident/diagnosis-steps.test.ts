import { expect, test } from 'vitest';
import { at, fired, inThread, MINUTE, NO_POOL, owed, RITA, SECOND } from './given.ts';

const FINDINGS = { headline: '42 of 97 connections are idle in transaction', lines: ['oldest: 48 min'] };

test('a responder runs a step again once it has finished', () => {
  const story = inThread().given({
    type: 'RecordStep',
    step: 2,
    run: 1,
    ok: true,
    ms: 9,
    findings: FINDINGS,
  });
  const { events, effects, told } = story.at(MINUTE).when({ type: 'RunStep', by: RITA, step: 2 });
  expect(events).toEqual([
    {
      type: 'StepStarted',
      at: at(MINUTE),
      step: 2,
      run: 2,
      by: { id: 'U0RITA', name: 'Rita', via: 'slack' },
    },
  ]);
  expect(told).toEqual({ code: 'done' });
  expect(owed(effects)).toEqual(['draw step-2', 'step 2 run 2']);
});

test('each step of a pool has a lane of its own, so that a hanging check holds up no other', () => {
  const check = fired().effects.find((effect) => effect.kind === 'check.step');
  expect(check?.lane).toBe('checks.orders.2');
});

test('a step that runs is not started a second time', () => {
  expect(fired().when({ type: 'RunStep', by: RITA, step: 2 })).toMatchObject({
    events: [],
    told: { code: 'step_running', step: 2 },
  });
});

test('a step that does not exist is not started', () => {
  expect(fired().when({ type: 'RunStep', by: RITA, step: 77 }).told).toEqual({
    code: 'no_such_step',
    step: 77,
  });
});

test('without a pool there is nothing to look at', () => {
  expect(fired(NO_POOL).when({ type: 'RunStep', by: RITA, step: 2 }).told).toEqual({
    code: 'no_such_step',
    step: 2,
  });
});

test('what a step found, its time and its reading of the pool are kept', () => {
  const reading = { used: 95, usable: 97, percent: 97.9, at: at(SECOND) };
  const story = inThread().at(2 * SECOND);
  story.given({ type: 'RecordStep', step: 2, run: 1, ok: true, ms: 31, findings: FINDINGS, reading });
  expect(story.incident.steps[2]).toEqual({
    step: 2,
    run: 1,
    running: false,
    startedAt: at(0),
    finishedAt: at(2 * SECOND),
    ok: true,
    ms: 31,
    findings: FINDINGS,
  });
  expect(story.incident.reading).toEqual(reading);
});
