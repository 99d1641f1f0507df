import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Turnstile } from '../../src/effects/turnstile.ts';

let waiting: string[];
let room: number;
let nextInMs: number;
let looks: number;
let through: string[];
let errors: Error[];
let broken: boolean;
let turnstile: Turnstile;

beforeEach(() => {
  vi.useFakeTimers();
  waiting = [];
  room = 0;
  nextInMs = 400;
  looks = 0;
  through = [];
  errors = [];
  broken = false;
  turnstile = new Turnstile({
    budgets: {
      grant: async () => {
        if (broken) throw new Error('the store is down');
        if (room === 0) return undefined;
        room -= 1;
        return waiting.shift();
      },
      nextInMs: async () => (waiting.length === 0 ? undefined : nextInMs),
    },
    dispatch: async (ids) => void through.push(...ids),
    onCrowd: async () => {
      looks += 1;
    },
    onError: (error) => void errors.push(error),
  });
});

afterEach(async () => {
  await turnstile.stop();
  vi.useRealTimers();
});

test('while nobody waits it does not look', async () => {
  await vi.advanceTimersByTimeAsync(60_000);
  expect(looks).toBe(0);
});

test('it lets through as many as there is room for, then sleeps until there may be more', async () => {
  waiting = ['a', 'b', 'c'];
  room = 2;
  turnstile.nudge();
  await vi.advanceTimersByTimeAsync(50);
  expect(through).toEqual(['a', 'b']);
  room = 1;
  await vi.advanceTimersByTimeAsync(300);
  expect(through).toEqual(['a', 'b']);
  await vi.advanceTimersByTimeAsync(100);
  expect(through).toEqual(['a', 'b', 'c']);
  const before = looks;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(looks).toBe(before);
});

test('who comes while it sleeps wakes it, and a crowd wakes it no more often than ten times a second', async () => {
  waiting = ['a'];
  nextInMs = 60_000;
  turnstile.nudge();
  await vi.advanceTimersByTimeAsync(50);
  for (let ms = 0; ms < 500; ms += 1) {
    turnstile.nudge();
    await vi.advanceTimersByTimeAsync(1);
  }
  expect(looks).toBeGreaterThan(3);
  expect(looks).toBeLessThanOrEqual(7);
  // Another replica may have made room: it looks once a second although none is expected.
  const before = looks;
  await vi.advanceTimersByTimeAsync(3_050);
  expect(looks - before).toBe(3);
});

test('a store that is down is asked again, and nobody is forgotten', async () => {
  waiting = ['a'];
  room = 1;
  broken = true;
  turnstile.nudge();
  await vi.advanceTimersByTimeAsync(500);
  expect(errors).toHaveLength(1);
  broken = false;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(through).toEqual(['a']);
});

test('once stopped it lets nobody through', async () => {
  waiting = ['a'];
  room = 1;
  turnstile.nudge();
  await turnstile.stop();
  turnstile.nudge();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(through).toEqual([]);
});
