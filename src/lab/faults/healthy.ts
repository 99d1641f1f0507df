import type { Fault } from '../fault.ts';

/** Nothing wrong, in six shapes: each has something in it that looks a little like a fault. */
export const healthy: Fault = {
  name: 'healthy',
  async inject(ward) {
    const { random } = ward;
    const shape = random.pick([
      'idle',
      'busy',
      'short locks',
      'short transactions',
      'report',
      'two-phase',
    ] as const);
    if (shape === 'idle') {
      for (const client of await ward.connectMany(random.whole(4, 9))) await client.query('select 1');
    } else if (shape === 'busy') {
      ward.keepBusy(await ward.connectMany(random.whole(10, 16)), (client) => ward.work(client), 10);
    } else if (shape === 'short locks') {
      ward.keepBusy(
        await ward.connectMany(random.whole(4, 7)),
        async (client) => {
          await client.query('begin');
          await client.query('update stock set reserved = reserved + 1 where item = $1', [
            random.whole(1, 3),
          ]);
          await ward.pause(random.real(5, 20));
          await client.query('commit');
        },
        80,
      );
    } else if (shape === 'short transactions') {
      const clients = await ward.connectMany(random.whole(6, 12));
      ward.keepBusy(
        clients,
        async (client) => {
          await client.query('begin');
          await client.query('select note from orders where id = $1', [random.whole(1, 200)]);
          await ward.pause(random.real(20, 120));
          await client.query('commit');
        },
        40,
      );
    } else if (shape === 'report') {
      const client = await ward.connect('reports');
      ward.start(client.query('select count(*), pg_sleep(60) from orders'));
      return { truth: [], ripeAfter: random.real(0.1, 0.6) };
    } else {
      const client = await ward.connect('billing');
      await client.query('begin');
      await client.query('update stock set reserved = reserved + 1 where item = 150');
      await client.query("prepare transaction 'billing-1'");
      return { truth: [], ripeAfter: random.real(0.1, 0.5) };
    }
    return { truth: [], ripeAfter: random.real(0.6, 1.6) };
  },
};
