import type { Fault } from '../fault.ts';

/** A few times as many customers as usual. */
export const trafficSpike: Fault = {
  name: 'traffic spike',
  async inject(ward, room) {
    ward.ratio = ward.random.real(2.2, 6);
    ward.keepBusy(await ward.connectMany(Math.min(28, room.most + 2)), (client) => ward.work(client), 5);
    return { truth: ['traffic_spike'], ripeAfter: ward.random.real(0.4, 1) };
  },
};
