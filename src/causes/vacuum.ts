import type { Cause } from './cause.ts';
import { aimedAt, count, session } from './figures.ts';
import { usable, waiting } from './signs.ts';
import { ramp, share } from './weight.ts';

/** A vacuum keeps others from a table, or is kept from it itself. */
export const vacuum: Cause = {
  id: 'vacuum_blocking',
  title: 'A vacuum blocks the table',
  weigh(facts) {
    const behind = waiting(facts).behindVacuum;
    const blocked = facts.vacuum?.blocked ?? 0;
    if (behind === 0 && blocked === 0) return undefined;
    const running = facts.vacuum?.running.find((one) => one.blocks > 0);
    const root = facts.locks?.root?.isVacuum === true ? facts.locks.root : undefined;
    const strength = behind === 0 ? 0.45 : 0.7 + 0.27 * ramp(share(behind, usable(facts)), 0.03, 0.3);
    return {
      weight: strength,
      evidence: [
        ...(behind > 0 ? [`${count(behind, 'session')} waiting behind a vacuum`] : []),
        ...(running === undefined
          ? []
          : [
              `pid ${running.pid} vacuums ${running.table}${running.antiWraparound ? ' to prevent wraparound' : ''}`,
            ]),
        ...(root === undefined ? [] : [session(root)]),
        ...(blocked > 0 ? [`${count(blocked, 'autovacuum worker')} waiting for a lock`] : []),
      ],
      // The server's own vacuum is not ours to end: against wraparound it must finish.
      ...aimedAt(root, 'cancel'),
      advice: running?.antiWraparound
        ? 'Let it finish if you can: it prevents wraparound; cancel what queues behind it instead.'
        : 'Cancel the vacuum and run it again when the table is quiet.',
    };
  },
};
