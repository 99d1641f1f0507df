import type { Fault } from '../fault.ts';

/** One report that runs and runs, or one transaction that somebody left open or keeps busy. */
export const longTransaction: Fault = {
  name: 'one long query or transaction',
  async inject(ward) {
    const client = await ward.connect(ward.random.pick(['reports', 'catalytic-api', 'psql']));
    const kind = ward.random.pick(['query', 'open', 'busy'] as const);
    if (kind === 'query') {
      ward.start(client.query('select count(*), pg_sleep(60) from orders'));
    } else {
      await client.query('begin');
      await client.query('update orders set note = note where id = 199');
      if (kind === 'busy') ward.keepBusy([client], (one) => one.query('select count(*) from orders'), 40);
    }
    return { truth: ['long_transaction'], ripeAfter: ward.random.real(1.2, 3) };
  },
};
