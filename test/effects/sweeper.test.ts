import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Sweeper } from '../../src/effects/sweeper.ts';

interface Owed {
  readonly id: string;
  readonly attempts: number;
}

let owed: Owed[];
let nextInMs: number | undefined;
let looks: number;
let offers: string[][];
let errors: Error[];
let sweeper: Sweeper;
let dispatch: (ids: readonly string[]) => Promise<void>;
let look: () => Promise<Owed[]>;

beforeEach(() => {
  vi.useFakeTimers();
  owed = [];
  nextInMs = undefined;
  looks = 0;
  offers = [];
  errors = [];
  dispatch = async (ids) => void offers.push([...ids]);
  look = async () => owed;
  sweeper = new Sweeper({
    outbox: {
      look: async () => {
        looks += 1;
        return { owed: await look(), waiting: false, ...(nextInMs === undefined ? {} : { inMs: nextInMs }) };
      },
    },
    dispatch: (ids) => dispatch(ids),
    onError: (error) => void errors.push(error),
  });
});

afterEach(async () => {
  await sweeper.stop();
  vi.useRealTimers();
});

test('what is owed is offered, all of it together', async () => {
  owed = [
    { id: 'a', attempts: 0 },
    { id: 'b', attempts: 3 },
  ];
  await sweeper.sweep();
  expect(offers).toEqual([['a', 'b']]);
});

test('a try that was offered is not offered again at once, the next try is', async () => {
  owed = [{ id: 'a', attempts: 0 }];
  await sweeper.sweep();
  await sweeper.sweep();
  expect(offers).toEqual([['a']]);
  owed = [{ id: 'a', attempts: 1 }];
  await sweeper.sweep();
  expect(offers).toEqual([['a'], ['a']]);
});

test('a try that nobody took up is offered again after five seconds', async () => {
  owed = [{ id: 'a', attempts: 0 }];
  await sweeper.sweep();
  vi.advanceTimersByTime(5_000);
  await sweeper.sweep();
  expect(offers).toHaveLength(1);
  vi.advanceTimersByTime(1);
  await sweeper.sweep();
  expect(offers).toHaveLength(2);
});

test('nor does a clock that is set back by an hour keep it from being offered again', async () => {
  owed = [{ id: 'a', attempts: 0 }];
  await sweeper.sweep();
  vi.setSystemTime(Date.now() - 60 * 60_000);
  await vi.advanceTimersByTimeAsync(5_001);
  await sweeper.sweep();
  expect(offers).toEqual([['a'], ['a']]);
});

test('what the queue did not take is offered again at the next look', async () => {
  owed = [{ id: 'a', attempts: 0 }];
  const working = dispatch;
  dispatch = async () => {
    throw new Error('the queue is down');
  };
  await sweeper.sweep();
  expect(errors.map((error) => error.message)).toEqual(['the queue is down']);
  dispatch = working;
  await sweeper.sweep();
  expect(offers).toEqual([['a']]);
});

test('it looks at once when it starts, then when the next effect falls due, and every second at the latest', async () => {
  nextInMs = 300;
  sweeper.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(looks).toBe(1);
  await vi.advanceTimersByTimeAsync(299);
  expect(looks).toBe(1);
  nextInMs = 60_000;
  await vi.advanceTimersByTimeAsync(1);
  expect(looks).toBe(2);
  nextInMs = undefined;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(looks).toBe(3);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(looks).toBe(4);
});

test('a due time that has just passed does not make it spin', async () => {
  nextInMs = 0;
  sweeper.start();
  await vi.advanceTimersByTimeAsync(100);
  expect(looks).toBeLessThanOrEqual(21);
});

test('a store that is away is reported, and asked again', async () => {
  look = async () => {
    throw new Error('the store is down');
  };
  sweeper.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(errors.map((error) => error.message)).toEqual(['the store is down']);
  look = async () => [{ id: 'a', attempts: 0 }];
  await vi.advanceTimersByTimeAsync(1_000);
  expect(offers).toEqual([['a']]);
});

test('two looks at once are one', async () => {
  await Promise.all([sweeper.sweep(), sweeper.sweep()]);
  expect(looks).toBe(1);
});

test('once stopped it looks no more, and a look under way is waited for', async () => {
  let finish: (() => void) | undefined;
  look = () =>
    new Promise((resolve) => {
      finish = () => resolve([{ id: 'a', attempts: 0 }]);
    });
  sweeper.start();
  await vi.advanceTimersByTimeAsync(0);
  let stopped = false;
  const stopping = sweeper.stop().then(() => {
    stopped = true;
  });
  await vi.advanceTimersByTimeAsync(0);
  expect(stopped).toBe(false);
  finish?.();
  await stopping;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(looks).toBe(1);
});
