import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refuseStrangers } from '../../src/console/access.ts';
import { type StandIn, startSlackStandIn } from '../../src/console/server.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request with headers `fetch` would not let through. */
function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
) {
  return new Promise<Answer>((resolve, reject) => {
    const { method = 'GET', headers = {}, body = '' } = options;
    const outgoing = request(url, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };

describe('the console\u2019s door', () => {
  let standIn: StandIn;
  beforeAll(async () => {
    standIn = await startSlackStandIn({
      channels: ['#incidents'],
      commands: [{ command: '/pool status', usage: '[pool]', description: 'How full' }],
    });
  });
  afterAll(() => standIn.stop());

  const state = () => `${standIn.url}/api/state`;
  const port = () => new URL(standIn.url).port;
  const say = (more: Record<string, string> = {}) =>
    ask(`${standIn.url}/api/act`, {
      method: 'POST',
      headers: { ...JSON_TYPE, ...more },
      body: JSON.stringify({
        kind: 'say',
        user: 'U0ALICE',
        channel: standIn.workspace.ensureChannel('#incidents').id,
        text: 'hello',
      }),
    });

  test('asked as localhost, 127.0.0.1 or [::1] it answers', async () => {
    for (const name of ['localhost', '127.0.0.1', '[::1]', 'LOCALHOST']) {
      const answer = await ask(state(), { headers: { host: `${name}:${port()}` } });
      expect([name, answer.status]).toEqual([name, 200]);
    }
  });

  test('asked by any other name it refuses in plain words: a rebound DNS name gets nothing', async () => {
    for (const host of ['evil.example', `localhost.evil.example:${port()}`, '10.0.0.1', '127.0.0.1.nip.io']) {
      const answer = await ask(state(), { headers: { host } });
      expect([host, answer.status]).toEqual([host, 403]);
      expect(answer.body).toContain('localhost');
    }
  });

  test('behind a proxy it refuses', async () => {
    const answer = await ask(state(), { headers: { 'x-forwarded-for': '203.0.113.7' } });
    expect(answer).toMatchObject({ status: 403, body: expect.stringContaining('proxy') });
  });

  test('a peer that is not this machine is refused, whatever name it uses', () => {
    const from = (remoteAddress: string) =>
      refuseStrangers({ socket: { remoteAddress }, headers: { host: 'localhost:3000' } } as IncomingMessage);
    expect(from('192.168.1.20')).toMatchObject({
      status: 403,
      reason: expect.stringContaining('machine it runs on'),
    });
    expect(from('::ffff:192.168.1.20')?.status).toBe(403);
    expect(from('127.0.0.1')).toBeUndefined();
    expect(from('::ffff:127.0.0.1')).toBeUndefined();
    expect(from('::1')).toBeUndefined();
  });

  test('the Slack API behind the same door is closed to strangers too', async () => {
    const answer = await ask(`${standIn.apiUrl}auth.test`, {
      method: 'POST',
      headers: { host: 'evil.example' },
    });
    expect(answer.status).toBe(403);
  });

  test('an act from another site is refused, one from the page itself is done', async () => {
    expect((await say({ origin: 'http://evil.example' })).status).toBe(403);
    expect((await say({ origin: 'null' })).status).toBe(403);
    expect((await say({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await say({ 'sec-fetch-site': 'same-site' })).status).toBe(403);
    expect(standIn.workspace.messages('#incidents')).toEqual([]);
    const own = await say({ origin: `http://127.0.0.1:${port()}`, 'sec-fetch-site': 'same-origin' });
    expect(own.status).toBe(200);
    expect(standIn.workspace.messages('#incidents').map((one) => one.text)).toEqual(['hello']);
  });

  test('a form another site could send without asking is refused', async () => {
    const answer = await say({ 'content-type': 'text/plain' });
    expect(answer).toMatchObject({ status: 415 });
  });

  test('a malformed act names its field, one on something gone says so', async () => {
    const act = (body: object) =>
      ask(`${standIn.url}/api/act`, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) });
    const malformed = await act({ kind: 'say', user: 'alice', channel: 'C1', text: 'x' });
    expect(malformed).toMatchObject({ status: 400, body: expect.stringContaining('user') });
    expect((await act({ kind: 'explode' })).status).toBe(400);
    const pressed = {
      kind: 'press',
      user: 'U0ALICE',
      channel: 'C1',
      ts: '1.000000',
      block_id: 'b',
      action_id: 'a',
    };
    expect(await act(pressed)).toMatchObject({ status: 409, body: expect.stringContaining('no message') });
  });

  test('the page may load nothing from elsewhere and run nothing inline', async () => {
    const { headers } = await ask(standIn.url);
    const policy = headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
  });

  test('no file outside the page\u2019s folder is served', async () => {
    for (const name of ['..%2f..%2fpackage.json', '%2e%2e/index.html', '.env']) {
      const answer = await ask(`${standIn.url}/assets/${name}`);
      expect([name, answer.status]).toEqual([name, 404]);
    }
  });

  test('what the page\u2019s folder hides, and types it does not serve, stay where they are', async () => {
    const pageDir = mkdtempSync(join(tmpdir(), 'console-page-'));
    mkdirSync(join(pageDir, 'assets'));
    for (const name of ['page.css', '.hidden.css', 'notes.txt'])
      writeFileSync(join(pageDir, 'assets', name), 'x');
    const other = await startSlackStandIn({ pageDir });
    const statuses: number[] = [];
    for (const name of ['page.css', '.hidden.css', 'notes.txt', 'missing.css']) {
      statuses.push((await ask(`${other.url}/assets/${name}`)).status);
    }
    const unbuilt = await ask(other.url);
    await other.stop();
    rmSync(pageDir, { recursive: true });
    expect(statuses).toEqual([200, 404, 404, 404]);
    expect(unbuilt).toMatchObject({ status: 503, body: expect.stringContaining('npm run build') });
  });

  test('the state holds people, channels, conversations and commands', async () => {
    const { body } = await ask(state());
    expect(JSON.parse(body)).toMatchObject({
      appUser: 'U0LIFEGUARD',
      users: [{ real_name: 'Alice' }, { real_name: 'Bob' }, { real_name: 'Lifeguard' }],
      channels: [{ name: 'incidents' }],
      messages: [{ text: 'hello' }],
      commands: [{ command: '/pool status' }],
    });
  });

  test('the stream brings the state first and then every change, in order', async () => {
    const response = await fetch(`${standIn.url}/api/stream`);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    if (reader === undefined) throw new Error('no stream');
    let text = '';
    const readUntil = async (words: string): Promise<void> => {
      while (!text.includes(words)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`the stream ended before "${words}"`);
        text += value;
      }
    };
    await readUntil('event: state');
    const channel = standIn.workspace.ensureChannel('#incidents').id;
    standIn.workspace.post({ channel, user: 'U0LIFEGUARD', text: 'live' });
    standIn.workspace.setHint('press Terminate');
    await readUntil('"kind":"hint"');
    await reader.cancel();
    expect(text.indexOf('event: state')).toBeLessThan(text.indexOf('"text":"live"'));
    expect(text.indexOf('"text":"live"')).toBeLessThan(text.indexOf('press Terminate'));
  });
});
