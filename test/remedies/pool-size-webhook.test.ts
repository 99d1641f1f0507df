import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { RaiseBy } from '../../src/config/types.ts';
import { signatureOf } from '../../src/remedies/executors/webhook.ts';
import { type PoolFacts, previewOf, remedyFor } from '../../src/remedies/registry.ts';
import { type House, planOf, startHouse } from './house.ts';

const NOW = new Date('2026-03-02T03:00:00.000Z');

let house: House;
beforeAll(async () => {
  house = await startHouse();
});
afterAll(() => house?.stop());

/** A receiver that checks the signature; `answer` is the status it gives. */
async function receiver(answer: () => number = () => 200) {
  const told: Record<string, unknown>[] = [];
  const server = createServer(async (request, response) => {
    let raw = '';
    for await (const chunk of request.setEncoding('utf8')) raw += String(chunk);
    const { headers } = request;
    const timestamp = String(headers['x-lifeguard-timestamp']);
    const isOurs = headers['x-lifeguard-signature'] === signatureOf('s3cret', timestamp, raw);
    const status = isOurs ? answer() : 401;
    if (status === 200) told.push(JSON.parse(raw));
    response.writeHead(status, status === 301 ? { Location: '/elsewhere' } : {}).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  const { port } = server.address() as AddressInfo;
  const poolOf = (raiseBy: RaiseBy = { percent: 50 }): PoolFacts => ({
    name: 'orders',
    application: 'shop',
    poolSize: {
      webhook: { url: `http://127.0.0.1:${port}/size`, secret: 's3cret', timeoutMs: 1_000 },
      raiseBy,
      revertAfterMs: 1_800_000,
    },
  });
  return { told, poolOf, host: `127.0.0.1:${port}` };
}

test('is told by how much and for how long, and to take it back by the same key', async () => {
  const { told, poolOf, host } = await receiver();
  const plan = planOf(await previewOf(house.doctor, { action: 'pool_size' }, NOW, poolOf()));
  expect(plan.preview.title).toBe('Raise the pool size of orders by 50 %');
  expect(plan.target).toMatchObject({ way: 'webhook', host, by: { percent: 50 } });
  expect(told).toEqual([]);
  const remedy = remedyFor(plan, poolOf());
  expect(await remedy?.recheck(house.doctor, NOW)).toBeUndefined();
  expect(await remedy?.execute(house.doctor, false)).toMatchObject({ outcome: 'done' });
  const key = (plan.target as { key?: string }).key;
  expect(told).toEqual([
    {
      version: 1,
      action: 'pool_size',
      pool: 'orders',
      application: 'shop',
      raise_by: { percent: 50 },
      revert_after_seconds: 1_800,
      key,
    },
  ]);
  expect(await remedy?.undo?.(house.doctor, false)).toMatchObject({ outcome: 'done' });
  expect(told[1]).toMatchObject({ action: 'pool_size_undo', undoes: key, key: `${key}-undo` });
});

test('what lifeguard.yaml says differently by then is not what was approved', async () => {
  const { told, poolOf } = await receiver();
  const plan = planOf(await previewOf(house.doctor, { action: 'pool_size' }, NOW, poolOf()));
  expect(await remedyFor(plan, poolOf({ percent: 90 }))?.recheck(house.doctor, NOW)).toMatchObject({
    outcome: 'nothing_to_do',
  });
  expect(told).toEqual([]);
});

test('refused where the server has no connection for it', async () => {
  const { poolOf } = await receiver();
  const found = await previewOf(house.doctor, { action: 'pool_size' }, NOW, poolOf({ connections: 50 }));
  expect(found).toMatchObject({ refused: expect.stringContaining('`max_connections`'), protected: true });
});

test('a receiver that answers 500 has not raised it; one that does not take it back is told again', async () => {
  let status = 500;
  const { poolOf } = await receiver(() => status);
  const plan = planOf(await previewOf(house.doctor, { action: 'pool_size' }, NOW, poolOf()));
  const remedy = remedyFor(plan, poolOf());
  expect(await remedy?.execute(house.doctor, false)).toMatchObject({
    outcome: 'failed',
    detail: expect.stringContaining('answered 500'),
  });
  await expect(remedy?.undo?.(house.doctor, false)).rejects.toThrow('answered 500');
  status = 200;
  expect(await remedy?.undo?.(house.doctor, true)).toMatchObject({ outcome: 'done' });
});

test('a receiver that answers 301 has not raised it, and nothing is sent on to the other address', async () => {
  let asked = 0;
  const { told, poolOf } = await receiver(() => {
    asked += 1;
    return 301;
  });
  const plan = planOf(await previewOf(house.doctor, { action: 'pool_size' }, NOW, poolOf()));
  expect(await remedyFor(plan, poolOf())?.execute(house.doctor, false)).toMatchObject({
    outcome: 'failed',
    detail: expect.stringMatching(
      /answered 301: a signed request is not sent on to another address; mend: put the final one into `pool_size\.webhook\.url`/,
    ),
  });
  expect([asked, told]).toEqual([1, []]);
});
