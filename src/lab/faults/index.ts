import type { Fault } from '../fault.ts';
import { blockedDdl } from './blocked-ddl.ts';
import { chattyClient } from './chatty-client.ts';
import { flood } from './flood.ts';
import { healthy } from './healthy.ts';
import { idleHoard } from './idle-hoard.ts';
import { idleLeak } from './idle-leak.ts';
import { leakedTransactions } from './leaked-transactions.ts';
import { lockPile } from './lock-pile.ts';
import { longTransaction } from './long-transaction.ts';
import { orphanedPrepared } from './orphaned-prepared.ts';
import { replicaGone } from './replica-gone.ts';
import { retryStorm } from './retry-storm.ts';
import { slowQueries } from './slow-queries.ts';
import { tooSmall } from './too-small.ts';
import { trafficSpike } from './traffic-spike.ts';
import { twoFaults } from './two-faults.ts';
import { vacuumBlocks } from './vacuum-blocks.ts';

/** Every state, in the order of the table. */
export const FAULTS: readonly Fault[] = [
  leakedTransactions,
  idleLeak,
  longTransaction,
  lockPile,
  blockedDdl,
  tooSmall,
  chattyClient,
  slowQueries,
  trafficSpike,
  flood,
  retryStorm,
  orphanedPrepared,
  vacuumBlocks,
  replicaGone,
  idleHoard,
  twoFaults,
  healthy,
];

/** After so many faults comes a healthy patient: false alarms want counting as much as misses. */
const FAULTS_BETWEEN = 4;

/** One round of runs: every fault once, and healthy ones in between. */
export const ROUND: readonly Fault[] = FAULTS.filter((fault) => fault !== healthy).flatMap((fault, n) =>
  (n + 1) % FAULTS_BETWEEN === 0 ? [fault, healthy] : [fault],
);
