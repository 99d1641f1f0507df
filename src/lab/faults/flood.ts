import type { Fault } from '../fault.ts';

/** Many times as many requests as customers make, each with a connection of its own. */
export const flood: Fault = {
  name: 'flood',
  async inject(ward) {
    ward.ratio = ward.random.real(10, 40);
    ward.churn(ward.random.whole(18, 26), 200);
    return { truth: ['flood'], ripeAfter: ward.random.real(0.5, 1) };
  },
};
