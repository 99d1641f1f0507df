import type { Fault } from '../fault.ts';

const LAST = [
  'update stock set reserved = reserved + 1 where item = $1',
  'select reserved from stock where item = $1 for update',
  'update orders set note = note where id = $1',
  'select note from orders where id = $1',
];

/** A path of the code that forgets the commit: transactions pile up, each on a row of its own. */
export const leakedTransactions: Fault = {
  name: 'leaked transactions',
  async inject(ward, room) {
    const last = ward.random.pick(LAST);
    const clients = await ward.connectMany(ward.random.whole(Math.max(5, room.least - 5), room.most));
    for (const [n, client] of clients.entries()) {
      await client.query('begin');
      await client.query(last, [n + 100]);
    }
    return { truth: ['leak_missing_return'], ripeAfter: ward.random.real(1.2, 2) };
  },
};
