import type { LockGraph } from '../pool/locks.ts';

/** A tree longer than this says no more than its beginning. */
const MOST_LINES = 20;

/** The pid by which `pg_blocking_pids` stands for a prepared transaction. */
export const PREPARED_PID = 0;

/**
 * Draws who waits for whom: each root (which waits for nobody itself) with those behind it, the largest
 * first. Who waits for several stands under the one nearest to the root, and in a deadlock somebody has to
 * be the root. Gives one line an entry.
 *
 * @param nameOf what to say of a pid
 */
export function lockTree(locks: LockGraph, nameOf: (pid: number) => string, most = MOST_LINES): string[] {
  const seen = new Set<number>();
  const lines: string[] = [];
  const places = [...locks.values()].sort((one, other) => other.blocksInAll - one.blocksInAll);
  const roots = places.filter((place) => place.blockedBy.length === 0);
  for (const { pid } of [...roots, ...places]) {
    if (seen.has(pid)) continue;
    seen.add(pid);
    lines.push(nameOf(pid));
    const levels = childrenOf(pid, locks, seen);
    draw(pid, '', levels, nameOf, lines);
  }
  return lines.length <= most ? lines : [...lines.slice(0, most), `and ${lines.length - most} more`];
}

/** Who stands under whom, found breadth first. */
function childrenOf(root: number, locks: LockGraph, seen: Set<number>): Map<number, number[]> {
  const children = new Map<number, number[]>();
  const queue = [root];
  for (let pid = queue.shift(); pid !== undefined; pid = queue.shift()) {
    const own: number[] = [];
    for (const waiter of locks.get(pid)?.blocks ?? []) {
      if (seen.has(waiter)) continue;
      seen.add(waiter);
      own.push(waiter);
      queue.push(waiter);
    }
    children.set(pid, own);
  }
  return children;
}

function draw(
  pid: number,
  indent: string,
  children: ReadonlyMap<number, readonly number[]>,
  nameOf: (pid: number) => string,
  lines: string[],
): void {
  const own = children.get(pid) ?? [];
  for (const [index, child] of own.entries()) {
    const isLast = index === own.length - 1;
    lines.push(`${indent}${isLast ? '└─ ' : '├─ '}${nameOf(child)}`);
    draw(child, `${indent}${isLast ? '   ' : '│  '}`, children, nameOf, lines);
  }
}
