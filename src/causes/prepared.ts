import type { Cause } from './cause.ts';
import { count, time } from './figures.ts';
import { usable, waiting } from './signs.ts';
import { ramp, share } from './weight.ts';

/** A prepared transaction that nobody finished: it has no session and keeps its locks for ever. */
export const prepared: Cause = {
  id: 'orphaned_prepared_transaction',
  title: 'A prepared transaction was left behind',
  weigh(facts, scale) {
    const oldest = facts.prepared?.oldest;
    const behind = waiting(facts).behindPrepared;
    const crowd = ramp(share(behind, usable(facts)), 0.02, 0.3);
    const old = oldest !== undefined && oldest.ageMs >= scale.minuteMs;
    const blocks = behind >= 2 ? 0.6 + 0.37 * crowd : 0;
    const left = old ? 0.7 + 0.2 * crowd : 0;
    if (Math.max(blocks, left) === 0) return undefined;
    return {
      weight: Math.max(blocks, left),
      evidence: [
        ...(oldest === undefined
          ? []
          : [`${oldest.gid} of ${oldest.owner} in ${oldest.database}, prepared ${time(oldest.ageMs)} ago`]),
        ...(behind > 0 ? [`${count(behind, 'session')} waiting for its locks`] : []),
      ],
      ...(oldest === undefined
        ? {}
        : {
            remedy: {
              action: 'rollback_prepared' as const,
              target: { kind: 'prepared' as const, gid: oldest.gid, database: oldest.database },
            },
          }),
      advice: 'Ask its transaction manager whether it was decided; then roll it back (or commit it).',
    };
  },
};
