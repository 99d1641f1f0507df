import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { BodyCut, readBody, sendJson, sendText, sendUnread, TooLarge } from '../../src/intake/http.ts';
import { dial, serve, until, type Web } from './web.ts';

const LIMIT = 1_000;
const STALL = 40;

let web: Web | undefined;
afterEach(async () => {
  await web?.close();
  web = undefined;
});

/** A server that reads a body of at most 1,000 bytes and says how long it was; `faults` holds what went wrong. */
async function reading(stallMs = 10_000): Promise<{ web: Web; faults: Error[] }> {
  const faults: Error[] = [];
  web = await serve(async (req, res) => {
    try {
      sendJson(res, 200, { length: (await readBody(req, LIMIT, stallMs)).length });
    } catch (error) {
      faults.push(error as Error);
      if (error instanceof TooLarge) sendUnread(res, 413, { error: error.message });
    }
  });
  return { web, faults };
}

/** Writes and waits until it is on its way; resolves with the error when it cannot be sent. */
async function written(socket: Socket, text: string): Promise<Error | undefined> {
  const error = await new Promise<Error | null | undefined>((done) => socket.write(text, done));
  await new Promise((done) => setImmediate(done));
  return error ?? undefined;
}

const HEAD = 'POST / HTTP/1.1\r\nHost: x\r\n';

describe('a body', () => {
  test.each([0, 1, LIMIT])('of %i bytes is read whole', async (length) => {
    const { web } = await reading();
    const response = await fetch(web.url, { method: 'POST', body: 'x'.repeat(length) });
    expect([response.status, await response.json()]).toEqual([200, { length }]);
  });

  test('that comes in chunks is read whole', async () => {
    const { web } = await reading();
    const { socket, said } = await dial(web.port);
    socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`);
    socket.write('2\r\nde\r\n0\r\n\r\n');
    await until(() => said().includes('{"length":5}'), 'the answer');
    socket.destroy();
  });

  test('whose announced length is too large is refused before a byte of it came', async () => {
    const { web } = await reading();
    const { socket, said, closed } = await dial(web.port);
    socket.write(`${HEAD}Content-Length: ${LIMIT + 1}\r\n\r\n`);
    await until(() => said().includes('the body is larger than 1000 bytes'), 'the answer');
    expect(said()).toMatch(/^HTTP\/1\.1 413 /);
    expect(said().toLowerCase()).toContain('connection: close');
    await closed;
  });

  test('in chunks is refused as soon as it is too large, and its sender gets to read that', async () => {
    const { web, faults } = await reading();
    const { socket, said, closed } = await dial(web.port);
    socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = `200\r\n${'x'.repeat(512)}\r\n`;
    socket.write(chunk + chunk);
    await until(() => said().includes('the body is larger than 1000 bytes'), 'the answer');
    expect(said()).toMatch(/^HTTP\/1\.1 413 /);
    // What it was still sending is taken in and thrown away: a reset could have swallowed the answer.
    for (let more = 0; more < 100; more += 1) expect(await written(socket, chunk)).toBeUndefined();
    expect(await written(socket, '0\r\n\r\n')).toBeUndefined();
    await closed;
    expect(faults.map((fault) => fault.name)).toEqual(['TooLarge']);
  });

  test('without an end is not read for ever', async () => {
    const { web } = await reading();
    const { socket, said, closed } = await dial(web.port);
    socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = `100000\r\n${'x'.repeat(1_048_576)}\r\n`;
    let chunks = 0;
    // In the second after which it is cut off in any case, hundreds of them could be sent.
    while ((await written(socket, chunk)) === undefined) {
      chunks += 1;
      expect(chunks).toBeLessThan(50);
    }
    await closed;
    expect(said()).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('that stalls ends with its connection, and with no answer that Alertmanager takes for final', async () => {
    const { web, faults } = await reading(STALL);
    const { socket, said, closed } = await dial(web.port);
    socket.write(`${HEAD}Content-Length: 10\r\n\r\nabc`);
    await closed;
    expect(said()).toBe('');
    expect(faults).toEqual([new BodyCut(`the sender was silent for ${STALL} ms`)]);
  });

  test('whose sender goes away is given up', async () => {
    const { web, faults } = await reading();
    const { socket } = await dial(web.port);
    socket.write(`${HEAD}Content-Length: 10\r\n\r\nabc`);
    await new Promise((done) => setTimeout(done, 10));
    socket.destroy();
    await until(() => faults.length > 0, 'the fault');
    expect(faults).toEqual([new BodyCut('the sender went away')]);
  });
});

describe('an answer', () => {
  test('is JSON or text, with its length, and keeps the connection', async () => {
    web = await serve((req, res) => {
      if (req.url === '/text')
        sendText(res, 200, 'größer\n', { 'content-type': 'text/plain; version=0.0.4' });
      else sendJson(res, 503, { error: 'ü' }, { 'retry-after': '5' });
    });
    const { socket, said } = await dial(web.port);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => said().includes('{"error":"ü"}'), 'the first answer');
    socket.write('GET /text HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => said().includes('größer'), 'the second answer');
    expect(said()).toMatch(/HTTP\/1\.1 503 .*content-type: application\/json; charset=utf-8\r\n/s);
    expect(said()).toMatch(/content-length: 14\r\nretry-after: 5\r\n/);
    expect(said()).toMatch(/content-type: text\/plain; version=0\.0\.4\r\ncontent-length: 9\r\n/);
    socket.destroy();
  });

  test('to a request without a body keeps the connection, read or not', async () => {
    web = await serve((_req, res) => sendUnread(res, 405, { error: 'no' }));
    const { socket, said } = await dial(web.port);
    for (const round of [1, 2]) {
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      await until(() => said().split('HTTP/1.1 405').length === round + 1, 'the answer');
    }
    expect(said()).not.toContain('onnection: close');
    socket.destroy();
  });

  test('a second one, or one to somebody who has gone, is not sent and breaks nothing', async () => {
    let answered = false;
    web = await serve(async (req, res) => {
      sendJson(res, 200, { n: 1 });
      sendJson(res, 200, { n: 2 });
      sendUnread(res, 500, { n: 3 });
      req.socket.destroy();
      await new Promise((done) => res.once('close', done));
      sendText(res, 200, 'n');
      answered = true;
    });
    const { socket } = await dial(web.port);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => answered, 'the handler ends');
    socket.destroy();
  });
});
