import type { Fault } from '../fault.ts';

const WANTED = 'update stock set reserved = reserved + 1 where item = 9';

/** A transaction manager that died between prepare and commit; some or none wait for the row. */
export const orphanedPrepared: Fault = {
  name: 'orphaned prepared transaction',
  async inject(ward, room) {
    const client = await ward.connect('billing');
    await client.query('begin');
    await client.query(WANTED);
    await client.query("prepare transaction 'billing-4711'");
    await client.end();
    const waiting = ward.random.pick([
      0,
      ward.random.whole(3, 8),
      ward.random.whole(9, Math.max(9, room.most)),
    ]);
    for (const one of await ward.connectMany(waiting)) ward.start(one.query(WANTED));
    return { truth: ['orphaned_prepared_transaction'], ripeAfter: ward.random.real(1.2, 2) };
  },
};
