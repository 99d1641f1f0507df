import { expect, onTestFinished, test } from 'vitest';
import { migrate } from '../../src/store/migrate.ts';
import { Outbox } from '../../src/store/outbox.ts';
import { Store } from '../../src/store/store.ts';
import { restartablePostgres } from '../support/restartable.ts';
import { alertOf, byPool, post } from './fixture.ts';

test('a crash of the store right after the claim of a message does not make its next try the first again', async () => {
  // Of its own accord this server would write a claim down long after the crash.
  const server = await restartablePostgres({ settings: ['wal_writer_delay=10s'] });
  onTestFinished(() => server.stop());
  await migrate(server.url);
  const store = new Store({ url: server.url, connections: 2 });
  onTestFinished(() => store.close());
  const outbox = new Outbox(store);
  const alerts = [alertOf('f1', await store.now())];
  const command = { type: 'ReceiveAlerts', id: 'inc-1', alerts, source: 'test' } as const;
  const [opened] = await store.commit([post(byPool('orders'), command)]);
  const message = opened?.effects.find((one) => one.kind === 'slack.message')?.id ?? '';

  expect((await outbox.claim(message, 'runner-1'))?.effect.attempt).toBe(1);
  await server.end('immediate');
  await server.begin();
  const { rows } = await store.pool.query('select attempts, claimed_by from effects where id = $1', [
    message,
  ]);
  expect(rows).toEqual([{ attempts: 1, claimed_by: 'runner-1' }]);
});
