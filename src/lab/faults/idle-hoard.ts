import type { Fault } from '../fault.ts';

const APPLICATIONS = ['catalytic-api', 'billing', 'search', 'reports', 'admin'];
const LAST = [
  'select note from orders where id = $1',
  'select reserved from stock where item = $1',
  'select count(*) from orders where id > $1',
];

/** Five applications that each keep a pool of connections which they do not need. */
export const idleHoard: Fault = {
  name: 'idle connections never closed',
  async inject(ward) {
    for (const application of APPLICATIONS) {
      for (const client of await ward.connectMany(ward.random.whole(4, 5), application)) {
        await client.query(ward.random.pick(LAST), [7]);
      }
    }
    return { truth: ['missing_timeouts'], ripeAfter: ward.random.real(1.3, 1.8) };
  },
};
