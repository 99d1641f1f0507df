import type { Cause } from './cause.ts';
import { aimedAt, count, percent, session, time } from './figures.ts';
import { usable, waiting } from './signs.ts';
import { ramp, share } from './weight.ts';

/** Sessions queue for rows or tables that another session, no DDL and no vacuum, keeps locked. */
export const lockContention: Cause = {
  id: 'lock_contention',
  title: 'Sessions wait for a lock',
  weigh(facts, scale) {
    const { locks } = facts;
    const others = waiting(facts).behindOthers;
    const crowd = share(others, usable(facts));
    if (locks === undefined || others < 2) return undefined;
    const plain = locks.root !== undefined && !locks.root.isDdl && !locks.root.isVacuum;
    const root = plain ? locks.root : undefined;
    // A lock held for a moment is how databases work; held for long, or wanted by many, it is a fault.
    const held = ramp(root?.ageMs, scale.minuteMs / 12, scale.minuteMs / 4) * ramp(others, 1, 4);
    const crowded = ramp(crowd, 0.15, 0.4);
    const sign = Math.max(held, crowded);
    if (sign === 0) return undefined;
    return {
      weight: 0.3 + 0.4 * sign + 0.28 * ramp(crowd, 0.05, 0.5),
      evidence: [
        `${count(others, 'session')} waiting for a lock, ${percent(crowd)} of the pool`,
        ...(root === undefined ? [] : [`behind ${session(root)}`, `lock held for ${time(root.ageMs)}`]),
      ],
      ...aimedAt(root, 'terminate'),
      advice: 'End the session at the root, then shorten the transaction that takes this lock.',
    };
  },
};
