import { z } from 'zod';
import type { Lifeline } from './lifeline.ts';

/** One session's place in the lock queues. */
export interface LockPlace {
  readonly pid: number;
  /** Sessions it waits for; 0 stands for a prepared transaction, which has no session. */
  readonly blockedBy: readonly number[];
  /** Sessions that wait for it directly. */
  readonly blocks: readonly number[];
  /** Sessions that wait for it directly or through others, itself not counted. */
  readonly blocksInAll: number;
}

/** Everyone who waits for a lock or is waited for, by pid. */
export type LockGraph = ReadonlyMap<number, LockPlace>;

/** pg_blocking_pids stops the lock manager for a moment, so it is asked for waiters only. */
const WAITERS_SQL = `
select a.pid,
       pg_blocking_pids(a.pid) as blocked_by
  from pg_stat_activity a
 where a.wait_event_type = 'Lock'`;

const waiterRow = z.object({ pid: z.int(), blocked_by: z.array(z.int()) });

/** Reads who waits for whom. Throws as `Lifeline.query` does. */
export async function readLocks(lifeline: Lifeline): Promise<LockGraph> {
  const waiters = z.array(waiterRow).parse(await lifeline.query(WAITERS_SQL));
  return lockGraph(waiters.map((row) => ({ pid: row.pid, blockedBy: row.blocked_by })));
}

/** Works out from each waiter's blockers who blocks how many; parallel workers name a blocker twice. */
export function lockGraph(waiters: readonly { pid: number; blockedBy: readonly number[] }[]): LockGraph {
  const blockedBy = new Map<number, readonly number[]>();
  const blocks = new Map<number, number[]>();
  for (const waiter of waiters) {
    const blockers = [...new Set(waiter.blockedBy)];
    if (blockers.length === 0) continue;
    blockedBy.set(waiter.pid, blockers);
    for (const blocker of blockers) {
      const waiting = blocks.get(blocker);
      if (waiting === undefined) blocks.set(blocker, [waiter.pid]);
      else waiting.push(waiter.pid);
    }
  }
  const graph = new Map<number, LockPlace>();
  for (const pid of new Set([...blockedBy.keys(), ...blocks.keys()])) {
    graph.set(pid, {
      pid,
      blockedBy: blockedBy.get(pid) ?? [],
      blocks: blocks.get(pid) ?? [],
      blocksInAll: reach(pid, blocks),
    });
  }
  return graph;
}

/** How many can be reached from `start`; a cycle is a deadlock that the server has not resolved yet. */
function reach(start: number, blocks: ReadonlyMap<number, readonly number[]>): number {
  const seen = new Set([start]);
  const open = [start];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    for (const next of blocks.get(pid) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return seen.size - 1;
}
