import { expect, test } from 'vitest';
import type { CallEnd, WatchCall } from '../../src/observe/calls.ts';
import type { Outcome } from '../../src/pagerduty/events.ts';
import type { Rest } from '../../src/pagerduty/rest.ts';
import { watchedEvents, watchedRest } from '../../src/pagerduty/watched.ts';

/** Takes note of what a dashboard would be told of the one call. */
function watching() {
  const told: [string, CallEnd][] = [];
  const watch: WatchCall = async (_system, call, work, endOf) => {
    const value = await work();
    told.push([call, endOf({ value })]);
    return value;
  };
  return { told, watch };
}

const EVENT = { action: 'resolve', dedupKey: 'k', routingKey: 'r' } as const;

const OUTCOMES: readonly (readonly [Outcome, CallEnd])[] = [
  [{ kind: 'accepted', dedupKey: 'k' }, { outcome: 'ok' }],
  [
    { kind: 'refused', status: 400, message: 'of Ann', errors: [] },
    { outcome: 'refused', code: '400' },
  ],
  [
    { kind: 'retry', status: 429, afterMs: 3_000, message: 'of Ann' },
    { outcome: 'rate_limited', code: '429', waitMs: 3_000 },
  ],
  [
    { kind: 'retry', status: 503, message: 'of Ann' },
    { outcome: 'unavailable', code: '503' },
  ],
  [
    { kind: 'retry', message: 'of Ann' },
    { outcome: 'unavailable', code: 'no_answer' },
  ],
];

test.each(OUTCOMES)(
  'an event that came to %j is told as %j, and its sender told all',
  async (outcome, end) => {
    const { told, watch } = watching();
    const events = watchedEvents({ send: async () => outcome }, watch);
    expect(await events.send(EVENT)).toBe(outcome);
    expect(told).toEqual([['enqueue resolve', end]]);
  },
);

test('every question to the REST API is watched by its name, and asked as it was', async () => {
  const { told, watch } = watching();
  const asked: unknown[][] = [];
  const done = { kind: 'done', value: undefined };
  const all = new Proxy({} as Rest, {
    get:
      (_rest, name) =>
      async (...given: unknown[]) => {
        asked.push([name, ...given]);
        return done;
      },
  });
  const rest = watchedRest(all, watch);
  for (const [name, ask] of Object.entries(rest)) {
    const given = ask.length === 2 ? ['a', 'b'] : ['a'];
    expect(await (ask as (...given: unknown[]) => Promise<unknown>)(...given)).toBe(done);
    expect(asked.at(-1)?.slice(0, 1 + ask.length)).toEqual([name, ...given].slice(0, 1 + ask.length));
  }
  expect(told).toHaveLength(Object.keys(rest).length);
  expect(new Set(told.map(([call]) => call)).size).toBe(told.length);
});
