import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createPrometheus, type PrometheusOptions } from '../../src/prometheus/client.ts';
import { PrometheusError } from '../../src/prometheus/error.ts';
import { freePort } from '../support/daemon.ts';
import { needs } from '../support/needs.ts';
import { PROMETHEUS, type Prometheus, startPrometheus } from '../support/prometheus/prometheus.ts';

const RULES = join(import.meta.dirname, '../../observability/alerts/database-connection-pool.rules.yml');
const FROM = new Date('2026-01-02T10:00:00Z');
const TO = new Date('2026-01-02T10:01:00Z');

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

describe('a Prometheus in trouble', () => {
  let server: Server;
  let url: string;
  let answer: Answer;
  let seen: { url?: string | undefined; authorization?: string | undefined; body: string }[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      request.on('end', () => {
        seen.push({ url: request.url, authorization: request.headers.authorization, body });
        answer(request, response);
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  });
  afterEach(() => {
    seen = [];
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const client = (options: Partial<PrometheusOptions> = {}) =>
    createPrometheus({ url, timeoutMs: 2_000, ...options });

  function json(body: unknown, status = 200): Answer {
    return (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
  }

  /** A vector of one series a value. */
  const vector = (...values: string[]): Answer =>
    json({
      status: 'success',
      data: {
        resultType: 'vector',
        result: values.map((value, n) => ({ metric: { n: String(n) }, value: [1, value] })),
      },
    });

  const matrix = (...series: [number, string][][]): Answer =>
    json({
      status: 'success',
      data: {
        resultType: 'matrix',
        result: series.map((values, n) => ({ metric: { n: String(n) }, values })),
      },
    });

  async function fault(call: Promise<unknown>): Promise<PrometheusError> {
    const error: unknown = await call.catch((caught: unknown) => caught);
    if (!(error instanceof PrometheusError)) throw new Error(`not a PrometheusError: ${String(error)}`);
    expect(error.message).not.toMatch(/\n/);
    return error;
  }

  const page: Answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Please sign in</html>');
  };

  test.each<[string, Answer, string, RegExp]>([
    ['401', json({}, 401), 'unauthorised', /HTTP 401.*bearer_token or basic_auth/],
    ['403', json({}, 403), 'unauthorised', /HTTP 403/],
    ['404', json('no', 404), 'refused', /HTTP 404.*prometheus\.url/],
    [
      'a redirect',
      (_q, response) => response.writeHead(302, { location: '/login' }).end(),
      'refused',
      /HTTP 302/,
    ],
    ['500', json({}, 500), 'failing', /HTTP 500.*its own log/],
    [
      '503 with its reason',
      json({ status: 'error', error: 'starting up' }, 503),
      'failing',
      /503: starting up/,
    ],
    [
      '400 with its reason',
      json({ status: 'error', error: 'parse\nerror' }, 400),
      'refused',
      /“up”.*: parse error: mend/,
    ],
    ['an error with status 200', json({ status: 'error', error: 'too much' }), 'refused', /“up”: too much/],
    ['NaN', vector('NaN'), 'not_a_number', /“up” is NaN/],
    ['+Inf', vector('+Inf'), 'not_a_number', /“up” is \+Inf/],
    ['nothing', vector(), 'no_data', /no data for “up”/],
    ['a web page', page, 'not_prometheus', /text\/html instead of JSON/],
    ['other JSON', json({ hello: 1 }), 'not_prometheus', /prometheus\.url/],
    [
      'JSON that is cut off',
      (_q, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"sta'),
      'not_prometheus',
      /./,
    ],
    ['a range', matrix([[1, '2']]), 'refused', /leave out the range/],
  ])('that answers %s: one line that says what and how to mend it', async (_name, how, kind, message) => {
    answer = how;
    const error = await fault(client().instant('up'));
    expect(error.fault).toBe(kind);
    expect(error.message).toMatch(message);
  });

  test('that does not answer in time is slow, one that is not there is down', async () => {
    answer = () => undefined;
    expect(await fault(client({ timeoutMs: 50 }).instant('up'))).toMatchObject({ fault: 'slow' });
    const gone = await fault(client({ url: `http://127.0.0.1:${await freePort()}` }).instant('up'));
    expect(gone.fault).toBe('down');
    expect(gone.message).toContain('ECONNREFUSED');
  });

  test('signs in with a token or with a name and a password, neither of which is in any error', async () => {
    answer = json({}, 401);
    const errors = [
      await fault(client({ bearerToken: 'tok3n' }).instant('up')),
      await fault(client({ basicAuth: { username: 'ana', password: 'passw0rd' } }).instant('up')),
    ];
    const basic = Buffer.from('ana:passw0rd').toString('base64');
    expect(seen.map(({ authorization }) => authorization)).toEqual(['Bearer tok3n', `Basic ${basic}`]);
    expect(
      JSON.stringify(errors) + errors.map((error) => `${error.stack} ${String(error.cause)}`),
    ).not.toMatch(/tok3n|passw0rd/);
  });

  test('of several series the sum is taken, and told', async () => {
    answer = vector('2', '3.5');
    const told: unknown[] = [];
    const both = client({ onSeveral: (query, series) => told.push([query, series]) });
    expect(await both.instant('up')).toBe(5.5);
    answer = matrix(
      [
        [10, '1'],
        [20, '2'],
      ],
      [
        [20, '5'],
        [30, '7'],
      ],
    );
    expect((await both.range('up', FROM, TO, 15_000)).map(({ value }) => value)).toEqual([1, 7, 7]);
    expect(told).toEqual([
      ['up', 2],
      ['up', 2],
    ]);
  });

  test('a range is asked for in seconds, and its moments without a number are gaps', async () => {
    answer = matrix([
      [10, '1'],
      [20, 'NaN'],
      [30, '3'],
    ]);
    const points = await client({ url: `${url}/prefix/` }).range('up', FROM, TO, 15_000);
    expect(points).toEqual([
      { at: new Date(10_000), value: 1 },
      { at: new Date(30_000), value: 3 },
    ]);
    expect(seen[0]?.url).toBe('/prefix/api/v1/query_range');
    expect(Object.fromEntries(new URLSearchParams(seen[0]?.body))).toEqual({
      query: 'up',
      start: String(FROM.getTime() / 1_000),
      end: String(TO.getTime() / 1_000),
      step: '15',
    });
  });

  test('a range without data, or with nothing that is a number, is a fault', async () => {
    answer = matrix();
    expect(await fault(client().range('up', FROM, TO, 1_000))).toMatchObject({ fault: 'no_data' });
    answer = matrix([[10, 'NaN']]);
    expect(await fault(client().range('up', FROM, TO, 1_000))).toMatchObject({ fault: 'not_a_number' });
  });
});

const need = needs(PROMETHEUS.program, PROMETHEUS.package);

describe.skipIf(need.skip)(`a real Prometheus${need.reason}`, () => {
  let prometheus: Prometheus;
  beforeAll(async () => {
    prometheus = await startPrometheus({ rulesFile: RULES, scrape: {} });
  });
  afterAll(() => prometheus?.stop());

  test('evaluates expressions, over time too, and says what is wrong with one', async () => {
    const client = createPrometheus({ url: prometheus.url, timeoutMs: 5_000 });
    expect(await client.instant('vector(42)')).toBe(42);
    expect(await client.instant('6 * 7')).toBe(42);
    expect(await client.range('vector(7)', FROM, TO, 15_000)).toHaveLength(5);
    await expect(client.instant('no_such_metric')).rejects.toMatchObject({ fault: 'no_data' });
    await expect(client.instant('sum(')).rejects.toMatchObject({
      fault: 'refused',
      message: expect.stringMatching(/parse error/),
    });
    await expect(client.instant('vector(0) / 0')).rejects.toMatchObject({ fault: 'not_a_number' });
  });

  test('gives a week by the second, which is more than it gives at once, in wider steps', async () => {
    const client = createPrometheus({ url: prometheus.url, timeoutMs: 5_000 });
    const week = new Date(FROM.getTime() + 7 * 24 * 3_600_000);
    expect((await client.range('vector(1)', FROM, week, 1_000)).length).toBeLessThanOrEqual(11_000);
  });
});
