import type { LockGraph } from '../pool/locks.ts';

/** A tree longer than this says no more than its beginning. */
const MOST_LINES = 20;

/** More of a kind than this, and each further one tells nothing new. */
const MOST_ALIKE = 2;

/** So many pids are named in the line that stands for the rest of a kind. */
const MOST_PIDS = 6;

/** The pid by which `pg_blocking_pids` stands for a prepared transaction. */
export const PREPARED_PID = 0;

/**
 * Draws who waits for whom: each root (which waits for nobody itself) with those behind it, the largest
 * first. Who waits for several stands under the one nearest to the root, and in a deadlock somebody has to
 * be the root. Gives one line an entry; of many waiters alike, that nobody waits for, the first two and one
 * line for the rest.
 *
 * @param nameOf what to say of a pid
 * @param kindOf what makes two waiters alike
 */
export function lockTree(
  locks: LockGraph,
  nameOf: (pid: number) => string,
  kindOf: (pid: number) => string = nameOf,
  most = MOST_LINES,
): string[] {
  const seen = new Set<number>();
  const lines: string[] = [];
  const places = [...locks.values()].sort((one, other) => other.blocksInAll - one.blocksInAll);
  const roots = places.filter((place) => place.blockedBy.length === 0);
  for (const { pid } of [...roots, ...places]) {
    if (seen.has(pid)) continue;
    seen.add(pid);
    lines.push(nameOf(pid));
    const levels = childrenOf(pid, locks, seen);
    draw({ pid, indent: '', children: levels, nameOf, kindOf, lines });
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

interface Branch {
  readonly pid: number;
  readonly indent: string;
  readonly children: ReadonlyMap<number, readonly number[]>;
  readonly nameOf: (pid: number) => string;
  readonly kindOf: (pid: number) => string;
  readonly lines: string[];
}

function draw(branch: Branch): void {
  const { pid, indent, children, nameOf, kindOf, lines } = branch;
  const groups = [...alike(children.get(pid) ?? [], children, kindOf)];
  const entries = groups.flatMap((group): (number | readonly number[])[] =>
    group.length <= MOST_ALIKE + 1 ? group : [...group.slice(0, MOST_ALIKE), group.slice(MOST_ALIKE)],
  );
  for (const [index, entry] of entries.entries()) {
    const isLast = index === entries.length - 1;
    const said = typeof entry === 'number' ? nameOf(entry) : restLine(entry);
    lines.push(`${indent}${isLast ? '└─ ' : '├─ '}${said}`);
    if (typeof entry === 'number')
      draw({ ...branch, pid: entry, indent: `${indent}${isLast ? '   ' : '│  '}` });
  }
}

/** Waiters of a kind together; one that others wait for is a kind of its own. */
function alike(
  pids: readonly number[],
  children: ReadonlyMap<number, readonly number[]>,
  kindOf: (pid: number) => string,
): Iterable<number[]> {
  const groups = new Map<string, number[]>();
  for (const pid of pids) {
    const isLeaf = (children.get(pid) ?? []).length === 0;
    const kind = isLeaf ? kindOf(pid) : `pid ${pid}`;
    groups.set(kind, [...(groups.get(kind) ?? []), pid]);
  }
  return groups.values();
}

function restLine(pids: readonly number[]): string {
  const named = pids.slice(0, MOST_PIDS).join(', ');
  return `${pids.length} more like it: pids ${named}${pids.length > MOST_PIDS ? ', …' : ''}`;
}
