import { describe, expect, test } from 'vitest';
import { lockTree } from '../../src/checks/lock-tree.ts';
import type { LockGraph } from '../../src/pool/locks.ts';

/** A graph from pairs of waiter and whom it waits for. */
function graph(waits: readonly (readonly [number, number])[]): LockGraph {
  const pids = [...new Set(waits.flat())];
  return new Map(
    pids.map((pid) => {
      const blocks = waits.filter(([, holder]) => holder === pid).map(([waiter]) => waiter);
      const blockedBy = waits.filter(([waiter]) => waiter === pid).map(([, holder]) => holder);
      return [pid, { pid, blocks, blockedBy, blocksInAll: blocks.length }];
    }),
  );
}

describe('the tree of waiters', () => {
  test('stands on who waits for nobody, and shows two of a kind and then how many more', () => {
    const waiters = Array.from({ length: 20 }, (_, index): [number, number] => [10 + index, 1]);
    const lines = lockTree(
      graph(waiters),
      (pid) => `pid ${pid}`,
      () => 'alike',
    );
    expect(lines).toEqual([
      'pid 1',
      '├─ pid 10',
      '├─ pid 11',
      '└─ 18 more like it: pids 12, 13, 14, 15, 16, 17, …',
    ]);
  });

  test('keeps a waiter that others wait for in sight', () => {
    const lines = lockTree(
      graph([
        [2, 1],
        [3, 1],
        [4, 1],
        [5, 1],
        [6, 5],
      ]),
      (pid) => `pid ${pid}`,
      () => 'alike',
    );
    expect(lines).toEqual(['pid 1', '├─ pid 2', '├─ pid 3', '├─ pid 4', '└─ pid 5', '   └─ pid 6']);
  });
});
