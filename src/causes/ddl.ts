import type { Cause } from './cause.ts';
import { aimedAt, count, session } from './figures.ts';
import { usable, waiting } from './signs.ts';
import { ramp, share } from './weight.ts';

/** A change of a table's definition holds the table, or waits for it with everyone queueing behind. */
export const ddl: Cause = {
  id: 'ddl_blocking',
  title: 'A schema change blocks the table',
  weigh(facts) {
    const behind = waiting(facts).behindDdl;
    const { locks } = facts;
    if (locks === undefined || behind < 2) return undefined;
    const root = locks.root?.isDdl === true && !locks.root.isVacuum ? locks.root : undefined;
    const culprit = locks.blockedDdl ?? root;
    return {
      weight: 0.65 + 0.3 * ramp(share(behind, usable(facts)), 0.03, 0.3),
      evidence: [
        `${count(behind, 'session')} queueing at the schema change, itself included`,
        ...(culprit === undefined ? [] : [session(culprit)]),
        ...(locks.blockedDdl !== undefined && locks.root !== undefined
          ? [`it waits for ${session(locks.root)}`]
          : []),
      ],
      ...aimedAt(culprit, culprit?.state === 'active' ? 'cancel' : 'terminate'),
      advice: 'Cancel the schema change; run it again with a lock_timeout of a few seconds.',
    };
  },
};
