import { describe, expect, onTestFinished, test } from 'vitest';
import { pgbouncerCheck } from '../../src/cli/check/pgbouncer.ts';
import { freePort } from '../support/daemon.ts';
import { needs } from '../support/needs.ts';
import { startPgBouncer } from '../support/pgbouncer.ts';

const program = needs('pgbouncer', 'pgbouncer');

test('a console that does not answer is named with its setting, without its password', async () => {
  const url = `postgres://boss:hush@127.0.0.1:${await freePort()}/pgbouncer`;
  const [found] = await pgbouncerCheck('orders', url).run();
  expect(found).toMatchObject({
    level: 'FAIL',
    subject: 'pool orders pgbouncer',
    text: expect.stringContaining('`pool_size.pgbouncer`'),
  });
  expect(found?.text).not.toContain('hush');
});

describe.skipIf(program.skip)(`the check of a real console${program.reason}`, () => {
  test('an admin is fine, one who may only look is told how to become one', async () => {
    const bouncer = await startPgBouncer(await freePort(), { orders: 'dbname=orders' });
    onTestFinished(() => bouncer.stop());
    expect(await pgbouncerCheck('orders', bouncer.consoleUrl()).run()).toMatchObject([
      { level: 'ok', text: 'boss is an admin, default_pool_size is 20' },
    ]);
    expect(await pgbouncerCheck('orders', bouncer.consoleUrl('eye')).run()).toMatchObject([
      { level: 'FAIL', text: expect.stringContaining('`admin_users`') },
    ]);
  });
});
