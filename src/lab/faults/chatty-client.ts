import type { Fault } from '../fault.ts';

/** Each page asks for its rows one by one. */
export const chattyClient: Fault = {
  name: 'chatty client (N+1)',
  async inject(ward) {
    const clients = await ward.connectMany(ward.random.whole(17, 26));
    const rows = ward.random.whole(50, 120);
    ward.keepBusy(
      clients,
      async (client) => {
        await client.query('begin');
        for (let n = 1; n <= rows; n += 1) {
          await client.query('select note from orders where id = $1', [n]);
          await ward.pause(1);
        }
        await client.query('commit');
      },
      20,
    );
    return { truth: ['chatty_client'], ripeAfter: ward.random.real(1, 1.6) };
  },
};
