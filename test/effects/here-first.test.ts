import { expect, test } from 'vitest';
import { createHereFirst } from '../../src/effects/here-first.ts';
import type { Claimed } from '../../src/store/store.ts';

function house(slots: number) {
  const ran: string[] = [];
  const offered: string[] = [];
  const finish: (() => void)[] = [];
  const work = (id: string): Promise<void> => {
    ran.push(id);
    return new Promise((done) => finish.push(done));
  };
  const hereFirst = createHereFirst({
    slots,
    name: 'runner-1',
    run: work,
    runClaimed: ({ effect }) => work(effect.id),
    offer: async (ids) => {
      offered.push(...ids);
    },
  });
  return { ...hereFirst, ran, offered, finish };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('what was just committed is run here, and what there are no hands for is offered to all', async () => {
  const { dispatch, ran, offered, finish } = house(2);
  await dispatch(['a', 'b', 'c']);
  expect([ran, offered]).toEqual([['a', 'b'], ['c']]);
  finish[0]?.();
  await settled();
  await dispatch(['d', 'e']);
  expect([ran, offered]).toEqual([
    ['a', 'b', 'd'],
    ['c', 'e'],
  ]);
});

test('with no hands free nothing is claimed as it is committed', async () => {
  const { atOnce, dispatch, ran, offered, finish } = house(2);
  expect(atOnce.claimant()).toBe('runner-1');
  atOnce.run({ effect: { id: 'thread' } } as Claimed);
  await dispatch(['a', 'b']);
  expect([ran, offered]).toEqual([['thread', 'a'], ['b']]);
  expect(atOnce.claimant()).toBeUndefined();
  finish[0]?.();
  await settled();
  expect(atOnce.claimant()).toBe('runner-1');
});
