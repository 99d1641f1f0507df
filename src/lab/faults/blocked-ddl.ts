import type { Fault } from '../fault.ts';

const CHANGE = [
  'alter table orders add column extra integer',
  'drop table orders',
  'truncate orders',
  'lock table orders',
];
const READ = 'select note from orders where id = $1';

/** A schema change waits for a reader, or keeps the table to itself, and everyone queues behind it. */
export const blockedDdl: Fault = {
  name: 'blocked DDL',
  async inject(ward, room) {
    const change = ward.random.pick(CHANGE);
    if (ward.random.whole(1, 3) > 1) {
      const reader = await ward.connect('reports');
      await reader.query('begin');
      await reader.query(READ, [1]);
    }
    const migration = await ward.connect('migration');
    await migration.query('begin');
    // Given to the server, but perhaps not answered before the run ends.
    ward.start(migration.query(change));
    await ward.pause(30);
    const crowd = await ward.connectMany(ward.random.whole(room.least - 4, room.most));
    for (const client of crowd) ward.start(client.query(READ, [2]));
    return { truth: ['ddl_blocking'], ripeAfter: ward.random.real(0.3, 1.5) };
  },
};
