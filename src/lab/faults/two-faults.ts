import type { Fault, Room } from '../fault.ts';
import { blockedDdl } from './blocked-ddl.ts';
import { leakedTransactions } from './leaked-transactions.ts';
import { lockPile } from './lock-pile.ts';
import { longTransaction } from './long-transaction.ts';
import { orphanedPrepared } from './orphaned-prepared.ts';
import { replicaGone } from './replica-gone.ts';
import { slowQueries } from './slow-queries.ts';
import { trafficSpike } from './traffic-spike.ts';

const PAIRS: readonly (readonly [Fault, Fault])[] = [
  [leakedTransactions, longTransaction],
  [leakedTransactions, lockPile],
  [leakedTransactions, blockedDdl],
  [leakedTransactions, slowQueries],
  [orphanedPrepared, leakedTransactions],
  [orphanedPrepared, blockedDdl],
  [trafficSpike, lockPile],
  [trafficSpike, slowQueries],
  [replicaGone, lockPile],
  [replicaGone, slowQueries],
];

const HALF: Room = { least: 9, most: 12 };

/** Two of the others at once. */
export const twoFaults: Fault = {
  name: 'two faults at once',
  async inject(ward) {
    const [first, second] = ward.random.pick(PAIRS);
    const one = await first.inject(ward, HALF);
    const other = await second.inject(ward, HALF);
    return { truth: [...one.truth, ...other.truth], ripeAfter: Math.max(one.ripeAfter, other.ripeAfter) };
  },
};
