import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_TOKEN, FROM_EMAIL, ROUTING_KEYS } from '../support/pagerduty/account.ts';
import { startPagerDuty, type TestPagerDuty } from '../support/pagerduty/start.ts';

let pagerDuty: TestPagerDuty;

beforeAll(async () => {
  pagerDuty = await startPagerDuty();
});
afterAll(() => pagerDuty.stop());

const JSON_TYPE = { 'Content-Type': 'application/json' };
const REST = {
  Authorization: `Token token=${API_TOKEN}`,
  Accept: 'application/vnd.pagerduty+json;version=2',
};

async function call(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<{ status: number | undefined; body: unknown }> {
  const ca = await readFile(pagerDuty.caPath, 'utf8');
  return new Promise((resolve, reject) => {
    const sent = request(`https://${pagerDuty.server}${path}`, { method, headers, ca }, (response) => {
      const { statusCode: status } = response;
      text(response).then((answer) => resolve({ status, body: parsed(answer) }), reject);
    });
    sent.on('error', reject);
    sent.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

function parsed(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch {
    return answer;
  }
}

const PAYLOAD = { summary: 's', source: 'x', severity: 'critical' };
const EVENT = { routing_key: ROUTING_KEYS.L1, event_action: 'trigger', dedup_key: 'd', payload: PAYLOAD };
const enqueue = (event: unknown) => call('POST', '/v2/enqueue', JSON_TYPE, event);

describe('POST /v2/enqueue', () => {
  it('accepts a trigger, and makes up a key when there is none', async () => {
    expect(await enqueue(EVENT)).toEqual({
      status: 202,
      body: { status: 'success', message: 'Event processed', dedup_key: 'd' },
    });
    const { dedup_key: _key, ...keyless } = EVENT;
    expect(await enqueue(keyless)).toMatchObject({ status: 202, body: { dedup_key: expect.any(String) } });
  });

  it.each([
    ['no severity', { payload: { summary: 's', source: 'x' } }, "'payload.severity' is missing or blank"],
    ['a blank summary', { payload: { ...PAYLOAD, summary: ' ' } }, "'payload.summary' is missing or blank"],
    ['a long summary', { payload: { ...PAYLOAD, summary: 'x'.repeat(1025) } }, "'summary' is too long"],
    ['another severity', { payload: { ...PAYLOAD, severity: 'page' } }, "'payload.severity' is invalid"],
    ['no payload', { payload: undefined }, "'payload' is missing"],
    ['a short key', { routing_key: 'abc' }, "Length of 'routing_key' is incorrect"],
    ['a long dedup_key', { dedup_key: 'k'.repeat(256) }, "'dedup_key' is too long"],
    ['another action', { event_action: 'page' }, "'event_action' is invalid"],
    [
      'an image without TLS',
      { images: [{ src: 'http://x.org/a.png' }] },
      "'images[0].src' must be served via HTTPS",
    ],
    ['a link without href', { links: [{ text: 'x' }] }, "'links[0].href' is missing"],
    ['a misspelt field', { dedupKey: 'x' }, "'dedupKey' is not a field"],
    ['details that are no object', { payload: { ...PAYLOAD, custom_details: 'x' } }, 'must be an object'],
    ['no key with a resolve', { event_action: 'resolve', dedup_key: undefined }, "'dedup_key' is missing"],
  ])('refuses %s', async (_name, change, complaint) => {
    expect(await enqueue({ ...EVENT, ...change })).toEqual({
      status: 400,
      body: {
        status: 'invalid event',
        message: 'Event object is invalid',
        errors: expect.arrayContaining([expect.stringContaining(complaint)]),
      },
    });
  });

  it('refuses more than 512 KB, and what is not JSON', async () => {
    const large = { ...EVENT, payload: { ...PAYLOAD, custom_details: { x: 'x'.repeat(512_000) } } };
    expect(await enqueue(large)).toMatchObject({ status: 400 });
    expect(await enqueue('{')).toMatchObject({ status: 400, body: { errors: ['JSON parse error'] } });
  });

  it('drops what follows no open alert, and opens a new one after a resolve', async () => {
    const event = { ...EVENT, dedup_key: 'sequence' };
    const follow = (event_action: string, routing_key: string = ROUTING_KEYS.L1) =>
      enqueue({ routing_key, event_action, dedup_key: 'sequence' });
    await follow('acknowledge');
    await enqueue(event);
    await follow('acknowledge');
    await enqueue(event);
    await follow('resolve', ROUTING_KEYS.L2);
    await follow('resolve');
    await enqueue(event);
    const effects = pagerDuty.pages
      .filter(({ dedupKey }) => dedupKey === 'sequence')
      .map(({ effect }) => effect);
    expect(effects).toEqual(['dropped', 'opened', 'acknowledged', 'added', 'dropped', 'resolved', 'opened']);
  });
});

describe('the REST API', () => {
  it('wants the token, the version and, with a change, a known user', async () => {
    const write = { ...REST, ...JSON_TYPE };
    const put = (headers: Record<string, string>) =>
      call('PUT', '/incidents/PINC001', headers, { incident: { type: 'incident', escalation_level: 2 } });
    expect(await call('GET', '/oncalls', {})).toMatchObject({ status: 401, body: { error: { code: 2006 } } });
    expect(await call('GET', '/oncalls', { ...REST, Accept: '*/*' })).toMatchObject({ status: 400 });
    expect(await put(write)).toMatchObject({ status: 400, body: { error: { code: 2016 } } });
    expect(await put({ ...write, From: 'x@y.org' })).toMatchObject({
      status: 400,
      body: { error: { code: 1008 } },
    });
    expect(await put({ ...REST, From: FROM_EMAIL })).toMatchObject({ status: 400 });
    expect(await put({ ...write, From: FROM_EMAIL })).toMatchObject({ status: 200, body: { incident: {} } });
  });

  it('refuses parameters and fields it does not understand, and unknown routes', async () => {
    const write = { ...REST, ...JSON_TYPE, From: FROM_EMAIL };
    expect(await call('GET', '/incidents?incidentKey=x', REST)).toMatchObject({ status: 400 });
    expect(await call('GET', '/oncalls?limit=101', REST)).toMatchObject({ status: 400 });
    const change = { incident: { type: 'incident', level: 2 } };
    expect(await call('PUT', '/incidents/PINC001', write, change)).toMatchObject({ status: 400 });
    expect(await call('POST', '/incidents/PINC001/notes', write, { note: {} })).toMatchObject({
      status: 400,
    });
    expect(await call('GET', '/teams', REST)).toMatchObject({ status: 404, body: { error: { code: 2100 } } });
  });
});
