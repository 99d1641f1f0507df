import type { Fault } from '../fault.ts';

/** The synchronous replica is gone: commits wait for it for ever. */
export const replicaGone: Fault = {
  name: 'synchronous replica gone',
  async inject(ward, room) {
    const { admin } = ward.patient;
    await admin.query("alter system set synchronous_standby_names = 'replica_1'");
    await admin.query('select pg_reload_conf()');
    await ward.pause(100);
    const crowd = await ward.connectMany(ward.random.whole(room.least - 4, room.most));
    for (const [n, client] of crowd.entries()) {
      ward.start(client.query('update stock set reserved = reserved + 1 where item = $1', [n + 20]));
    }
    return { truth: ['replication_lag'], ripeAfter: ward.random.real(0.3, 1.4) };
  },
};
