import type { Fault } from '../fault.ts';

/** Requests fail and come back. */
export const retryStorm: Fault = {
  name: 'retry storm',
  async inject(ward) {
    ward.ratio = ward.random.real(1.6, 6);
    ward.errorShare = ward.random.real(0.35, 0.9);
    ward.churn(ward.random.whole(18, 26), 150);
    return { truth: ['retry_storm'], ripeAfter: ward.random.real(0.5, 1) };
  },
};
