import type { PreparedTarget } from '../incident/remedy.ts';
import { duration } from '../incident/words.ts';
import { findPrepared, obstacleToRollback } from '../pool/prepared.ts';
import { rollbackPrepared } from './executors/prepared.ts';
import { poolReading } from './reading.ts';
import type { Remedy } from './remedy.ts';

/** Rolls back a prepared transaction that its transaction manager has forgotten. */
export interface RollbackPreparedWish {
  readonly action: 'rollback_prepared';
  readonly gid: string;
  readonly database: string;
}

/** The remedy `rollback_prepared`. */
export const rollbackPreparedRemedy: Remedy<RollbackPreparedWish, PreparedTarget> = {
  async preview(lifeline, { gid, database }, now) {
    const found = await findPrepared(lifeline, gid);
    if (found === undefined || found.database !== database) {
      return {
        refused: 'That prepared transaction is not there any more; nothing was done.',
        protected: false,
      };
    }
    const obstacle = obstacleToRollback(found);
    if (obstacle !== null) return { refused: `Not possible: ${obstacle}.`, protected: true };
    const { owner, preparedAt, ageMs, waiting } = found;
    return {
      action: 'rollback_prepared',
      target: { kind: 'prepared', gid, owner, database, preparedAt },
      preview: {
        title: `Roll back the prepared transaction ${gid}`,
        facts: [
          { label: 'Prepared', value: `${duration(ageMs)} ago` },
          { label: 'By', value: `${owner}, in database ${database}` },
          {
            label: 'Holds up',
            value: waiting === 0 ? 'nobody now' : `${waiting} sessions that wait for its locks`,
          },
        ],
        risks: [
          'If its transaction manager has decided to commit it, this loses it: ask there first.',
          'It cannot be undone.',
        ],
        takenAt: now.toISOString(),
      },
    };
  },
  wishOf: ({ gid, database }) => ({ action: 'rollback_prepared', gid, database }),
  holds: (approved, found) => approved.preparedAt === found.preparedAt && approved.owner === found.owner,
  execute: (lifeline, target, again) => rollbackPrepared(lifeline, target, again),
  verify: poolReading,
};
