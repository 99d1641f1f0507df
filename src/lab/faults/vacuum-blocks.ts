import type { Fault } from '../fault.ts';

const READ = 'select note from ledger where id = $1';

/**
 * A slow vacuum that a schema change waits for, with readers behind that; or a VACUUM FULL that waits for
 * a reader itself.
 */
export const vacuumBlocks: Fault = {
  name: 'vacuum in the way',
  async inject(ward, room) {
    const vacuum = await ward.connect('maintenance');
    if (ward.random.whole(1, 2) === 1) {
      await vacuum.query('set vacuum_cost_delay = 100');
      await vacuum.query('set vacuum_cost_limit = 1');
      ward.start(vacuum.query('vacuum (disable_page_skipping) ledger'));
      await ward.pause(60);
      const migration = await ward.connect('migration');
      ward.start(migration.query('alter table ledger add column extra integer'));
    } else {
      const reader = await ward.connect('reports');
      await reader.query('begin');
      await reader.query(READ, [1]);
      ward.start(vacuum.query('vacuum (full) ledger'));
    }
    await ward.pause(30);
    const crowd = await ward.connectMany(ward.random.whole(room.least - 4, room.most));
    for (const client of crowd) ward.start(client.query(READ, [2]));
    return { truth: ['vacuum_blocking'], ripeAfter: ward.random.real(0.3, 1.2) };
  },
};
