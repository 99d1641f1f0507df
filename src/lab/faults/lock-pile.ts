import type { Fault } from '../fault.ts';

const WANTED = 'update stock set reserved = reserved + 1 where item = 7';

/** One transaction keeps a row, or many want the same row all the time. */
export const lockPile: Fault = {
  name: 'lock pile',
  async inject(ward, room) {
    const crowd = await ward.connectMany(ward.random.whole(room.least - 4, room.most));
    const truth = ['lock_contention'] as const;
    if (ward.random.whole(1, 4) === 1) {
      const hold = ward.random.real(20, 60);
      ward.keepBusy(
        crowd,
        async (client) => {
          await client.query('begin');
          await client.query(WANTED);
          await ward.pause(hold);
          await client.query('commit');
        },
        5,
      );
      return { truth, ripeAfter: ward.random.real(0.4, 1.4) };
    }
    const holder = await ward.connect(ward.random.pick(['catalytic-api', 'batch']));
    await holder.query('begin');
    await holder.query(WANTED);
    if (ward.random.whole(1, 3) === 1)
      ward.start(holder.query('select pg_sleep(60) from orders where id = 1'));
    for (const client of crowd) ward.start(client.query(WANTED));
    return { truth, ripeAfter: ward.random.real(0.4, 1.8) };
  },
};
