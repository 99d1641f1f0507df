import { expect, test } from 'vitest';
import { createHereFirst } from '../../src/effects/here-first.ts';

test('what was just committed is run here, and what there are no hands for is offered to all', async () => {
  const ran: string[] = [];
  const offered: string[] = [];
  const finish: (() => void)[] = [];
  const dispatch = createHereFirst({
    slots: 2,
    run: (id) => {
      ran.push(id);
      return new Promise((done) => finish.push(done));
    },
    offer: async (ids) => {
      offered.push(...ids);
    },
  });
  await dispatch(['a', 'b', 'c']);
  expect([ran, offered]).toEqual([['a', 'b'], ['c']]);
  finish[0]?.();
  await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  await dispatch(['d', 'e']);
  expect([ran, offered]).toEqual([
    ['a', 'b', 'd'],
    ['c', 'e'],
  ]);
});
