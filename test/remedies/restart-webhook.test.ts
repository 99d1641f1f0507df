import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { poolRestartedBy, restarting } from './application.ts';
import { type House, startHouse } from './house.ts';

const SECRET = 'restart-secret';

let house: House;
beforeAll(async () => {
  house = await startHouse();
});
afterAll(() => house?.stop());

/** A receiver as docs/webhooks.md tells to write one; `answer` gives its status, or nothing for none at all. */
async function receiver(answer: () => number | undefined = () => 200) {
  const restarts: Record<string, unknown>[] = [];
  const seen = new Set<string>();
  const server = createServer(async (request, response) => {
    const raw = await bodyOf(request);
    const status = verified(request, raw) ? answer() : 401;
    if (status === undefined) return;
    const body = JSON.parse(raw) as Record<string, unknown>;
    const key = String(request.headers['idempotency-key']);
    if (status === 200 && key === body['key'] && !seen.has(key)) restarts.push(body);
    if (status === 200) seen.add(key);
    response.writeHead(status, status === 301 ? { Location: '/elsewhere' } : {}).end('ok');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  const { port } = server.address() as AddressInfo;
  const restart = { url: `http://127.0.0.1:${port}/restart?token=secret`, secret: SECRET, timeoutMs: 1_000 };
  return {
    port,
    restarts,
    server,
    restart,
    of: (more = {}) => restarting(house, poolRestartedBy({ webhook: { ...restart, ...more } })),
  };
}

function verified({ headers }: IncomingMessage, raw: string): boolean {
  const timestamp = String(headers['x-lifeguard-timestamp']);
  if (Math.abs(Date.now() / 1_000 - Number(timestamp)) > 300) return false;
  const expected = Buffer.from(
    `v1=${createHmac('sha256', SECRET).update(`${timestamp}.${raw}`).digest('hex')}`,
  );
  const given = Buffer.from(String(headers['x-lifeguard-signature']));
  return given.length === expected.length && timingSafeEqual(given, expected);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
  return body;
}

test('is told once, signed, however often it is run; the preview asks nothing of it', async () => {
  const { of, restarts, port } = await receiver();
  const { plan, remedy } = of();
  const asked = await plan();
  expect(restarts).toEqual([]);
  expect(asked.preview).toMatchObject({ title: 'Restart catalytic-api' });
  expect(JSON.stringify(asked)).not.toMatch(/restart-secret|token=secret/);
  expect(await remedy(asked).recheck()).toBeUndefined();
  const done = { outcome: 'done', detail: `the webhook at 127.0.0.1:${port} has taken the restart` };
  expect(await remedy(asked).execute()).toMatchObject(done);
  expect(await remedy(asked).execute(true)).toMatchObject(done);
  const { key } = asked.target as { key: string };
  expect(restarts).toEqual([
    { version: 1, action: 'restart', pool: 'orders', application: 'catalytic-api', key },
  ]);
  const another = await plan();
  expect((another.target as { key: string }).key).not.toBe(key);
});

test.each([
  [500, {}, /answered 500: mend: look at the receiver’s log/],
  [
    301,
    {},
    /answered 301: a signed request is not sent on to another address; mend: put the final one into `restart\.webhook\.url`/,
  ],
  [404, {}, /answered 404: mend: correct `restart\.webhook\.url`/],
  [
    200,
    { secret: 'other' },
    /answered 401: it does not accept the signature; mend: set `restart\.webhook\.secret`/,
  ],
  [
    undefined,
    { timeoutMs: 100 },
    /no answer within 0\.1 s: it may have been done or not.*raise `restart\.webhook\.timeout`/,
  ],
])('an answer of %s is one clear line', async (status, more, line) => {
  const { of, restarts } = await receiver(() => status);
  const { plan, remedy } = of(more);
  expect(await remedy(await plan()).execute()).toMatchObject({
    outcome: 'failed',
    detail: expect.stringMatching(line),
  });
  expect(restarts).toEqual([]);
});

test('a receiver that is away is named, by its host alone', async () => {
  const { of, server } = await receiver();
  const { plan, remedy } = of();
  const asked = await plan();
  await new Promise((done) => server.close(done));
  const result = await remedy(asked).execute();
  expect(result).toMatchObject({
    outcome: 'failed',
    detail: expect.stringContaining('cannot be reached (ECONNREFUSED); mend: start the receiver'),
  });
  expect(result.detail).not.toContain('token');
});

test('an approval for one receiver is none for another that the configuration names since', async () => {
  const { of } = await receiver();
  const other = await receiver();
  const asked = await of().plan();
  const { remedy } = other.of();
  expect(await remedy(asked).recheck()).toMatchObject({ outcome: 'nothing_to_do' });
  expect(await remedy(asked).execute()).toMatchObject({ outcome: 'nothing_to_do' });
  expect(other.restarts).toEqual([]);
});
