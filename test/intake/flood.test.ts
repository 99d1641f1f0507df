import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type Gate, openGate } from '../../src/intake/gate.ts';
import { dropSlow, REQUEST_LIMITS } from '../../src/intake/limits.ts';
import { createReceiver, Refused } from '../../src/intake/receiver.ts';
import { Room } from '../../src/intake/room.ts';
import { createSlackIntake } from '../../src/intake/slack.ts';
import { MOST_REFUSALS, Strangers, WINDOW_MS } from '../../src/intake/strangers.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { dial, recordingLog, serve, type Web } from './web.ts';

const web: Web[] = [];
afterEach(async () => {
  for (const one of web.splice(0)) await one.close();
});

/** A webhook that lets in whoever says so; `take` stands for what the store does. */
async function webhook(gate: Gate, take: () => Promise<object> = async () => ({})) {
  const { log, lines } = recordingLog();
  const handler = createReceiver({
    source: 'alertmanager',
    known: 'by head',
    gate,
    admit: (req) => {
      if (req.headers.authorization !== 'Bearer right') throw new Refused(401, 'who are you?');
    },
    take,
    log,
    metrics: createMetrics(),
  });
  const served = await serve(handler);
  web.push(served);
  const post = (authorization: string, body = '{}') =>
    fetch(served.url, { method: 'POST', body, headers: { authorization } });
  return { lines, post };
}

describe('a flood of requests without the token', () => {
  test('is told to wait and logged no further, and keeps nobody out who has it', async () => {
    const { lines, post } = await webhook(openGate());
    const statuses: number[] = [];
    for (let count = 0; count < MOST_REFUSALS + 5; count += 1) {
      const answer = await post('Bearer wrong');
      statuses.push(answer.status);
      if (answer.status === 429) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(statuses).toEqual([...Array(MOST_REFUSALS).fill(401), ...Array(5).fill(429)]);
    expect(lines).toHaveLength(MOST_REFUSALS + 1);
    expect((await post('Bearer right')).status).toBe(200);
    expect((await post('Bearer wrong')).status).toBe(429);
  });

  test('is counted by peer and by minute', () => {
    let now = 0;
    const strangers = new Strangers(() => now);
    const flood = (peer: string) => {
      for (let count = 1; count < MOST_REFUSALS; count += 1) strangers.refused(peer);
      return [1, 2, 3].map(() => strangers.refused(peer));
    };
    const verdicts = flood('10.0.0.7');
    expect(verdicts.map(({ isFlood, isFirstOfFlood }) => [isFlood, isFirstOfFlood])).toEqual([
      [false, false],
      [true, true],
      [true, false],
    ]);
    expect(strangers.refused('10.0.0.8').isFlood).toBe(false);
    now += WINDOW_MS - 1;
    expect(strangers.refused('10.0.0.7')).toMatchObject({ isFlood: true, waitSeconds: 1 });
    now += 1;
    expect(strangers.refused('10.0.0.7').isFlood).toBe(false);
  });

  test('counts an IPv6 network of one machine as one', () => {
    const strangers = new Strangers(() => 0);
    for (let count = 0; count < MOST_REFUSALS; count += 1) strangers.refused(`2001:db8:0:7:${count}::1`);
    expect(strangers.refused('2001:db8::7:0:0:0:ffff').isFlood).toBe(true);
    expect(strangers.refused('2001:db8:0:8::1').isFlood).toBe(false);
    expect(strangers.refused('::ffff:10.0.0.7').isFlood).toBe(false);
  });

  test('from more addresses than are kept apart takes no more memory, and forgets the eldest first', () => {
    const strangers = new Strangers(() => 0);
    for (let count = 0; count < MOST_REFUSALS; count += 1) strangers.refused('first');
    for (let count = 0; count < 9_999; count += 1) strangers.refused(`peer ${count}`);
    expect(strangers.refused('first').isFlood).toBe(true);
    strangers.refused('one more');
    expect(strangers.refused('first').isFlood).toBe(false);
  });
});

test('more bodies at once than there is room for are to come again, and find room once the others are gone', async () => {
  const gate = { ...openGate(), room: new Room(10) };
  let finish = () => {};
  const stored = new Promise<object>((done) => {
    finish = () => done({});
  });
  let arrived = () => {};
  const inside = new Promise<void>((done) => {
    arrived = done;
  });
  const { post } = await webhook(gate, () => {
    arrived();
    return stored;
  });
  const first = post('Bearer right', '12345678');
  await inside;
  const crowded = await post('Bearer right', '{}{');
  expect(crowded.status).toBe(503);
  expect(crowded.headers.get('retry-after')).toBe('5');
  finish();
  expect((await first).status).toBe(200);
  expect((await post('Bearer right', '1234567890')).status).toBe(200);
  // Whoever is refused for another reason gives the room back as well.
  expect((await post('Bearer wrong', '1234567890')).status).toBe(401);
  expect((await post('Bearer right', '1234567890')).status).toBe(200);
});

test('bodies of those who may be anybody keep nobody out who is known', async () => {
  const gate = { ...openGate(), hall: new Room(0) };
  const { log } = recordingLog();
  const served = await serve(
    createReceiver({
      source: 'pagerduty',
      known: 'by body',
      gate,
      take: async () => ({}),
      log,
      metrics: createMetrics(),
    }),
  );
  web.push(served);
  expect((await fetch(served.url, { method: 'POST', body: '{}' })).status).toBe(503);
  expect((await (await webhook(gate)).post('Bearer right')).status).toBe(200);
});

describe('what stands before Bolt', () => {
  const NOW = Date.parse('2026-03-02T03:00:00.000Z');
  const signed = (age = 0, signature = `v0=${'a'.repeat(64)}`) => ({
    'x-slack-signature': signature,
    'x-slack-request-timestamp': String(NOW / 1_000 - age),
  });

  async function front(gate: Gate) {
    const { log, lines } = recordingLog();
    let passed = 0;
    const listener = createSlackIntake({
      listener: (_req, res) => {
        passed += 1;
        res.end();
      },
      gate,
      log,
      now: () => NOW,
    });
    const served = await serve(listener);
    web.push(served);
    const post = (headers: Record<string, string>, body = 'payload=') =>
      fetch(served.url, { method: 'POST', body, headers });
    return { lines, post, passed: () => passed };
  }

  test.each<[string, Record<string, string>]>([
    ['no signature', {}],
    ['a signature of another form', signed(0, 'v0=short')],
    ['no time', { 'x-slack-signature': `v0=${'a'.repeat(64)}` }],
    ['a time that is none', { ...signed(), 'x-slack-request-timestamp': 'NaN' }],
    ['a time too long ago', signed(301)],
    ['a time too far ahead', signed(-301)],
  ])('refuses %s before the body is read', async (_name, headers) => {
    const { post, passed } = await front(openGate());
    expect((await post(headers)).status).toBe(401);
    expect(passed()).toBe(0);
  });

  test('tells a flood to wait, and lets what may be Slack pass all the while', async () => {
    const { post, passed, lines } = await front(openGate());
    for (let count = 0; count < MOST_REFUSALS; count += 1) await post({});
    expect((await post({})).status).toBe(429);
    expect(lines).toHaveLength(MOST_REFUSALS);
    expect((await post(signed(299))).status).toBe(200);
    expect(passed()).toBe(1);
  });

  test('refuses what there is no room for', async () => {
    const { post, passed } = await front({ ...openGate(), hall: new Room(8) });
    expect((await post(signed(), '123456789')).status).toBe(503);
    for (let count = 0; count < 3; count += 1) expect((await post(signed(), '12345678')).status).toBe(200);
    expect(passed()).toBe(3);
  });
});

describe('a request', () => {
  /** A server with our limits, in a hurry. */
  async function limited(hurry = {}) {
    const server = createServer({ ...REQUEST_LIMITS, ...hurry }, (_req, res) => res.end('fine'));
    dropSlow(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    web.push({
      url: '',
      port: 0,
      close: () => new Promise((done) => server.close(() => done())),
    });
    return dial((server.address() as AddressInfo).port);
  }

  test('that trickles is cut off without an answer that would be taken for final', async () => {
    const { socket, said, closed } = await limited({
      headersTimeout: 30,
      requestTimeout: 30,
      connectionsCheckingInterval: 10,
    });
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Le');
    await closed;
    expect(said()).toBe('');
  });

  test.each([
    ['whose headers are too long is told so', `GET / HTTP/1.1\r\nX: ${'x'.repeat(17 * 1024)}\r\n\r\n`, 431],
    ['that is no HTTP is told so', 'hello\r\n\r\n', 400],
  ])('%s', async (_name, text, status) => {
    const { socket, said, closed } = await limited();
    socket.write(text);
    await closed;
    expect(said()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });
});
