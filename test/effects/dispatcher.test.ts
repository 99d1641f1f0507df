import { expect, test } from 'vitest';
import { createDispatcher } from '../../src/effects/dispatcher.ts';
import { until } from './until.ts';

const down = {
  add: async () => {
    throw new Error('the queue is down');
  },
};

test('ids go to the queue, and nowhere else while it takes them', async () => {
  const queued: string[] = [];
  const ran: string[] = [];
  const dispatch = createDispatcher({
    queue: { add: async (ids) => void queued.push(...ids) },
    run: async (id) => void ran.push(id),
    onError: () => undefined,
  });
  await dispatch(['a', 'b']);
  expect(queued).toEqual(['a', 'b']);
  expect(ran).toEqual([]);
});

test('while the queue is away a replica that works runs them itself, a few at a time', async () => {
  const errors: string[] = [];
  let running = 0;
  let most = 0;
  const ran: string[] = [];
  const dispatch = createDispatcher({
    queue: down,
    run: async (id) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running -= 1;
      ran.push(id);
    },
    onError: (error) => void errors.push(error.message),
  });
  const ids = Array.from({ length: 40 }, (_, index) => `e${index}`);
  await dispatch(ids);
  await until('all have run', () => ran.length === ids.length);
  expect(most).toBe(8);
  expect(errors).toEqual(['the queue is down']);
});

test('a run that fails is reported, and the others go on', async () => {
  const errors: string[] = [];
  const ran: string[] = [];
  const dispatch = createDispatcher({
    queue: down,
    run: async (id) => {
      if (id === 'bad') throw new Error('bad');
      ran.push(id);
    },
    onError: (error) => void errors.push(error.message),
  });
  await dispatch(['bad', 'good']);
  await until('the good one has run', () => ran.includes('good'));
  expect(errors).toEqual(['the queue is down', 'bad']);
});

test('a replica that does no work leaves them to the others: it neither runs them nor fails', async () => {
  const errors: string[] = [];
  const dispatch = createDispatcher({ queue: down, onError: (error) => void errors.push(error.message) });
  await expect(dispatch(['a'])).resolves.toBeUndefined();
  expect(errors).toEqual(['the queue is down']);
});
