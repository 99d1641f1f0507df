import type { Scale } from './cause.ts';
import type { Facts, LeakGroup } from './facts.ts';
import { share } from './weight.ts';

/** Used share of the usable connections, 0 to 1, from whichever check tells it. */
export function fullness(facts: Facts): number {
  const { connections, utilisation } = facts;
  if (connections !== undefined) return share(connections.used, connections.usable);
  return utilisation === undefined ? 0 : Math.min(1, Math.max(0, utilisation.percent / 100));
}

/** Usable connections; 0 when no check tells. */
export function usable(facts: Facts): number {
  return facts.connections?.usable ?? facts.utilisation?.usable ?? 0;
}

/** Sessions that run a statement and wait for neither a lock nor a replica. */
export function atWork(facts: Facts): number {
  const { connections } = facts;
  if (connections === undefined) return 0;
  return Math.max(connections.working, connections.active - waitingSessions(facts));
}

/** Sessions at work on average since the last reading: calls a second times their mean time (Little's law). */
export function atWorkOnAverage(facts: Facts): number {
  const { connections, statements } = facts;
  const average = ((statements?.callsPerSecond ?? 0) * (statements?.meanMs ?? 0)) / 1_000;
  if (connections === undefined || !(average > 0)) return 0;
  return Math.max(0, Math.min(average, connections.used - connections.waitingForLock));
}

/** Long statements that are not long just because they wait; at least so many. */
export function longAtWork(facts: Facts): number {
  const { connections } = facts;
  if (connections === undefined) return 0;
  return Math.max(0, connections.longActive - waitingSessions(facts));
}

/** Sessions whose statement waits for a lock or for a replica. */
export function waitingSessions({ connections, replication }: Facts): number {
  return (connections?.waitingForLock ?? 0) + (replication?.waitingForSync ?? 0);
}

/** So many sessions left behind at one statement are a leak; fewer are accidents. */
export const LEAK_SESSIONS = 3;

/** The largest group of sessions left in an open transaction for longer than a minute. */
export function leakInTransaction(facts: Facts, scale: Scale): LeakGroup | undefined {
  return largest(
    facts.leaks?.inTransaction.filter(
      (group) => group.sessions >= LEAK_SESSIONS && group.oldestMs >= scale.minuteMs,
    ),
  );
}

/** The group with the most sessions. */
export function largest(groups: readonly LeakGroup[] | undefined): LeakGroup | undefined {
  return groups?.reduce<LeakGroup | undefined>(
    (best, group) => (best === undefined || group.sessions > best.sessions ? group : best),
    undefined,
  );
}

const VACUUM = /^\s*(?:autovacuum:\s*)?vacuum\b/i;

/** Waiters by what they wait behind, since a pile is one fault and not four. */
export interface Waiting {
  readonly behindVacuum: number;
  readonly behindDdl: number;
  readonly behindPrepared: number;
  /** Behind an ordinary statement or transaction. */
  readonly behindOthers: number;
}

/** Divides the waiters among vacuum, DDL, prepared transactions and the rest. */
export function waiting(facts: Facts): Waiting {
  const { locks, vacuum } = facts;
  if (locks === undefined) return { behindVacuum: 0, behindDdl: 0, behindPrepared: 0, behindOthers: 0 };
  const { root, blockedDdl } = locks;
  const running = Math.max(0, ...(vacuum?.running.map((one) => one.blocks) ?? []));
  // VACUUM FULL wants the table for itself, as DDL does, and may wait for it too.
  const full = blockedDdl !== undefined && VACUUM.test(blockedDdl.query) ? blockedDdl.behind + 1 : 0;
  const behindVacuum = Math.max(root?.isVacuum === true ? root.blocks : 0, running, full);
  // The check counts who waits for a prepared transaction itself; others wait for those in turn, and
  // whoever has no session at its root has it there.
  const behindPrepared =
    locks.behindPrepared === 0 ? 0 : Math.max(locks.behindPrepared, locks.waiters - (root?.blocks ?? 0));
  // DDL that itself waits for a vacuum or a prepared transaction is their victim, with all behind it.
  const queued = blockedDdl === undefined ? 0 : blockedDdl.behind + 1;
  const holding = root?.isDdl === true && !root.isVacuum ? root.blocks : 0;
  const victims = behindVacuum + behindPrepared;
  const behindDdl = queued > 0 && victims >= queued ? 0 : Math.max(queued, holding);
  return {
    behindVacuum,
    behindPrepared,
    behindDdl,
    behindOthers: Math.max(0, locks.waiters - behindVacuum - behindPrepared - behindDdl),
  };
}
