import type { LookupAddress } from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import axios from 'axios';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lokiLog } from '../../src/logs/loki.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { agentsFor, FORBIDDEN_CODE, GuardedHttpsAgent, lookupGuarded } from '../../src/outward/agents.ts';
import { exchange } from '../../src/pagerduty/exchange.ts';
import { createPrometheus } from '../../src/prometheus/client.ts';
import { callWebhook } from '../../src/remedies/executors/webhook.ts';
import { Heartbeat } from '../../src/watchdog/heartbeat.ts';
import { recordingLog } from '../intake/web.ts';

const METADATA = 'http://169.254.169.254/latest/meta-data';
let asked = 0;
const server = createServer((_request, response) => {
  asked += 1;
  response.writeHead(302, { location: METADATA }).end();
});
let here: string;
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  here = `http://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

/** What a name leads to when the resolver answers so. */
function lookedUp(answer: readonly string[], all: boolean): Promise<unknown> {
  const found = answer.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }));
  return new Promise((done) => {
    lookupGuarded((_name, _options, told) => told(null, found))('name.example', { all }, (error, address) =>
      done(error === null ? address : error.code),
    );
  });
}

describe('a name', () => {
  test('that leads to a link-local address alone leads nowhere', async () => {
    for (const all of [true, false]) {
      expect(await lookedUp(['169.254.169.254', 'fe80::1'], all)).toBe(FORBIDDEN_CODE);
      expect(await lookedUp([], all)).toBe(FORBIDDEN_CODE);
    }
  });

  test('that leads elsewhere too leads there', async () => {
    expect(await lookedUp(['fe80::1', '10.0.0.7'], true)).toEqual([{ address: '10.0.0.7', family: 4 }]);
    expect(await lookedUp(['fe80::1', '10.0.0.7'], false)).toBe('10.0.0.7');
  });
});

describe('nothing that is asked by an address of lifeguard.yaml', () => {
  test.each([METADATA, 'https://169.254.169.254/', 'http://[::ffff:169.254.169.254]/', 'http://[fe80::1]/'])(
    'is at %s',
    async (url) => {
      const answer = axios.get(url, { ...agentsFor({}), maxRedirects: 5, timeout: 500 });
      await expect(answer).rejects.toMatchObject({ code: FORBIDDEN_CODE });
    },
  );

  test('is where a redirect leads', async () => {
    const answer = axios.get(here, { ...agentsFor({}), maxRedirects: 5, timeout: 500 });
    await expect(answer).rejects.toMatchObject({ code: FORBIDDEN_CODE });
    expect(asked).toBe(1);
  });

  test('Prometheus says so, with the mend', async () => {
    const prometheus = createPrometheus({ url: METADATA, timeoutMs: 500 });
    await expect(prometheus.instant('up')).rejects.toThrow(/link-local.*allow_link_local: true/);
  });

  test('so does Loki', async () => {
    await expect(lokiLog({ url: METADATA, query: '{}' }, 1, 500)).rejects.toMatchObject({
      mend: expect.stringMatching(/link-local.*allow_link_local: true/),
    });
  });

  test('so does a webhook, and nobody wonders whether it was done', async () => {
    const result = await callWebhook(
      { url: METADATA, secret: 'hush', timeoutMs: 500 },
      {
        place: 'restart.webhook',
        body: { version: 1, action: 'restart', pool: 'orders' },
        key: 'k',
        now: new Date(0),
        done: 'done',
      },
    );
    expect(result).toMatchObject({
      outcome: 'failed',
      detail: expect.stringMatching(/allow_link_local: true/),
    });
    expect(result).not.toHaveProperty('unknown');
  });

  test('a heartbeat goes to no such address, and follows no redirect', async () => {
    const { log, lines } = recordingLog();
    const beat = (url: string) =>
      new Heartbeat({
        url,
        everyMs: 500,
        method: 'get',
        isReady: async () => true,
        timers: { now: () => new Date(), after: () => () => undefined },
        log,
        metrics: createMetrics(),
      }).beat();
    await beat(METADATA);
    await beat(here);
    expect(lines.map((line) => JSON.parse(line).why)).toEqual([FORBIDDEN_CODE, 302]);
  });

  test('PagerDuty is no such address', async () => {
    const agent = new GuardedHttpsAgent({});
    const came = await exchange(
      (options) => axios.get('https://169.254.169.254/', { httpsAgent: options.agent }),
      agent,
      500,
    );
    expect(came).toMatchObject({ kind: 'silence', message: expect.stringContaining('link-local') });
  });
});

test('where it is allowed, Node asks as it always does', () => {
  expect(agentsFor({ allowLinkLocal: true })).toEqual({});
});
