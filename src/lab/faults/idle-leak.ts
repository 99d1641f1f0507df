import type { Fault } from '../fault.ts';

const LAST = ['select note from orders where id = $1', 'select reserved from stock where item = $1'];

/** Connections taken from the pool for one question and never given back. */
export const idleLeak: Fault = {
  name: 'idle leak',
  async inject(ward) {
    const last = ward.random.pick(LAST);
    for (const client of await ward.connectMany(ward.random.whole(20, 28))) await client.query(last, [7]);
    return { truth: ['leak_missing_return'], ripeAfter: ward.random.real(1.2, 1.8) };
  },
};
