import type { Fault } from '../fault.ts';

/** The ordinary statement takes many times what it used to, as after a lost index. */
export const slowQueries: Fault = {
  name: 'slow queries',
  async inject(ward, room) {
    const clients = await ward.connectMany(ward.random.whole(room.least, room.most));
    const times = ward.random.real(350, 1_200) / ward.workMs;
    ward.keepBusy(clients, (client) => ward.work(client, times), 5);
    return { truth: ['slow_queries'], ripeAfter: ward.random.real(1, 1.8) };
  },
};
