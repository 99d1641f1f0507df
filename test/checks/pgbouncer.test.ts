import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Contexts } from '../../src/checks/context.ts';
import { pgbouncer } from '../../src/checks/pgbouncer.ts';
import { begin, until } from '../pool/crowd.ts';
import { type House, startHouse } from '../remedies/house.ts';
import { freePort } from '../support/daemon.ts';
import { needs } from '../support/needs.ts';
import { startPgBouncer, type TestPgBouncer } from '../support/pgbouncer.ts';
import { connect } from '../support/postgres.ts';

const program = needs('pgbouncer', 'pgbouncer');

describe.skipIf(program.skip)(`the check of PgBouncer${program.reason}`, () => {
  let house: House;
  let bouncer: TestPgBouncer;
  beforeAll(async () => {
    house = await startHouse();
    await (await house.server.admin()).query(`alter role app password 'app'`);
    bouncer = await startPgBouncer(house.server.port, { orders: 'dbname=lifeguard' }, [
      'default_pool_size = 1',
    ]);
  });
  afterAll(async () => {
    await bouncer?.stop();
    await house?.stop();
  });

  const run = (url: string) => {
    const contexts = new Contexts({
      lifelineOf: () => house.doctor,
      configOf: (name) => ({
        name,
        match: {},
        databaseUrl: '',
        threshold: 90,
        verify: { withinMs: 60_000, healthyBelow: 80 },
        links: {},
        recycleMs: 3_600_000,
        poolSize: { pgbouncer: url, raiseBy: { percent: 50 }, revertAfterMs: 60_000 },
      }),
    });
    const context = contexts.of('orders', new Date());
    if (context === undefined) throw new Error('no context');
    return pgbouncer.run(context, { maxWaitMs: 1 });
  };

  test('says who waits, and counts the application’s pools only', async () => {
    const clients = [await connect(bouncer.urlFor('orders')), await connect(bouncer.urlFor('orders'))];
    for (const client of clients) begin(client, 'select pg_sleep(60)');
    await until(async () => (await run(bouncer.consoleUrl('eye'))).facts.pooler?.serversActive === 1);
    const { facts, findings } = await run(bouncer.consoleUrl('eye'));
    expect(facts.pooler).toMatchObject({ clientsActive: 1, clientsWaiting: 1, serversIdle: 0 });
    expect(findings.headline).toContain('1 client waits for a connection');
    await Promise.all(clients.map((client) => client.end()));
  });

  test('one that is away is named with its setting', async () => {
    await expect(run(`postgres://eye@127.0.0.1:${await freePort()}/pgbouncer`)).rejects.toThrow(
      'PgBouncer’s console did not answer: ECONNREFUSED',
    );
  });
});
