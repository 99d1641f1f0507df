import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPagerDutyIntake, OLDEST_MS } from '../../src/intake/pagerduty.ts';
import { LARGEST_BODY_BYTES } from '../../src/intake/receiver.ts';
import { createMetrics, type Metrics } from '../../src/observe/metrics.ts';
import type { PagerDutyNotice } from '../../src/pagerduty/webhook.ts';
import { post } from './house.ts';
import { recordingLog, serve, type Web } from './web.ts';

const OLD = 'the-secret-of-before';
const NEW = 'the-secret-of-today';

const acknowledged = (parts: Record<string, unknown> = {}) =>
  JSON.stringify({
    event: {
      id: '5ac64822-4adc-4fda-ade0-410becf0de4f',
      event_type: 'incident.acknowledged',
      resource_type: 'incident',
      occurred_at: '2026-01-01T00:04:00Z',
      agent: { id: 'PLH1HKV', type: 'user_reference', summary: 'Ann' },
      data: { id: 'PGR0VU2', type: 'incident', incident_key: 'lifeguard-inc-1-L1', assignees: [] },
      ...parts,
    },
  });

const signed = (body: string, ...secrets: string[]) => ({
  'x-pagerduty-signature': secrets
    .map((secret) => `v1=${createHmac('sha256', secret).update(body).digest('hex')}`)
    .join(','),
});

let web: Web;
let metrics: Metrics;
let notices: PagerDutyNotice[];
let lines: string[];
let fault: Error | undefined;
/** A minute after what the webhooks tell of. */
let clock = Date.parse('2026-01-01T00:05:00Z');

async function start(secrets: string[]): Promise<void> {
  const recording = recordingLog();
  notices = [];
  lines = recording.lines;
  fault = undefined;
  metrics = createMetrics();
  web = await serve(
    createPagerDutyIntake({
      secrets,
      onNotice: async (notice) => {
        if (fault !== undefined) throw fault;
        notices.push(notice);
      },
      now: () => clock,
      log: recording.log,
      metrics,
    }),
  );
}
beforeEach(() => start([NEW, OLD]));
afterEach(() => web.close());

describe('a webhook of PagerDuty', () => {
  test('with a valid signature is passed on, and answered after that', async () => {
    const body = acknowledged();
    const answer = await post(web.url, body, signed(body, NEW));
    expect([answer.status, answer.body]).toEqual([200, { status: 'ok' }]);
    expect(notices).toMatchObject([{ kind: 'acknowledged', incidentKey: 'lifeguard-inc-1-L1', by: 'Ann' }]);
    expect(await metrics.render()).toContain('lifeguard_webhooks_total{source="pagerduty",code="200"} 1');
  });

  test('is accepted under each of the secrets while one is being replaced', async () => {
    const body = acknowledged();
    for (const secrets of [[NEW], [OLD], ['unknown', OLD], [NEW, OLD]]) {
      expect((await post(web.url, body, signed(body, ...secrets))).status).toBe(200);
    }
  });

  test.each<[string, (body: string) => Record<string, string>]>([
    ['without a signature', () => ({})],
    ['with an empty signature', () => ({ 'x-pagerduty-signature': '' })],
    ['signed with another secret', (body) => signed(body, 'another')],
    ['signed with no secret', (body) => signed(body, '')],
    ['signed for another body', (body) => signed(`${body} `, NEW)],
    [
      'with a signature of another version',
      (body) => ({ 'x-pagerduty-signature': `v0=${signed(body, NEW)['x-pagerduty-signature'].slice(3)}` }),
    ],
  ])('%s is refused with 401 and not passed on', async (_name, headers) => {
    const body = acknowledged();
    expect((await post(web.url, body, headers(body))).status).toBe(401);
    expect(notices).toEqual([]);
    expect(lines.join()).not.toContain(NEW);
  });

  test('that is played again a day later is refused with 401, however well it is signed', async () => {
    const body = acknowledged();
    const before = clock;
    clock = Date.parse('2026-01-01T00:04:00Z') + OLDEST_MS + 1;
    expect((await post(web.url, body, signed(body, NEW))).status).toBe(401);
    clock = before;
    expect(notices).toEqual([]);
    expect(await metrics.render()).toContain('lifeguard_webhooks_total{source="pagerduty",code="401"} 1');
  });

  test.each([
    ['no JSON', '{', 'body: is not JSON'],
    ['no event', '{}', 'event: '],
    ['no time', acknowledged({ occurred_at: 'now' }), 'event.occurred_at: '],
    ['no incident', acknowledged({ data: null }), 'event.data'],
  ])(
    'that is signed but malformed is refused with 400 that names the field: %s',
    async (_name, body, field) => {
      const answer = await post(web.url, body, signed(body, NEW));
      expect(answer.status).toBe(400);
      expect(answer.body.error?.startsWith(field), answer.body.error).toBe(true);
      expect(notices).toEqual([]);
    },
  );

  test('that cannot be committed gets 503, and when it is sent again it is passed on', async () => {
    const body = acknowledged();
    fault = new Error('connect ECONNREFUSED');
    const failed = await post(web.url, body, signed(body, NEW));
    expect([failed.status, failed.headers.get('retry-after')]).toEqual([503, '5']);
    fault = undefined;
    expect((await post(web.url, body, signed(body, NEW))).status).toBe(200);
    expect(notices).toHaveLength(1);
  });

  test('may be 1 MiB large and no larger', async () => {
    const body = acknowledged({ filler: '' });
    const filled = (size: number) => acknowledged({ filler: 'x'.repeat(size - body.length) });
    const largest = filled(LARGEST_BODY_BYTES);
    expect((await post(web.url, largest, signed(largest, NEW))).status).toBe(200);
    const larger = filled(LARGEST_BODY_BYTES + 1);
    expect((await post(web.url, larger, signed(larger, NEW))).status).toBe(413);
  });

  test('comes by POST alone', async () => {
    const response = await fetch(web.url);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

test('without a secret there is nothing at the address', async () => {
  await web.close();
  await start([]);
  const body = acknowledged();
  expect((await post(web.url, body, signed(body, ''))).status).toBe(404);
  expect((await fetch(web.url)).status).toBe(404);
  expect(notices).toEqual([]);
});
