import type { Fault } from '../fault.ts';

/** Every connection at work on short statements, with no more visitors than usual. */
export const tooSmall: Fault = {
  name: 'busy and too small',
  async inject(ward) {
    const clients = await ward.connectMany(ward.random.whole(29, 30));
    ward.keepBusy(clients, (client) => ward.work(client), ward.random.real(1, 4));
    return { truth: ['pool_too_small'], ripeAfter: ward.random.real(0.3, 1) };
  },
};
