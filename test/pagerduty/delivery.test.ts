import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { verifySignature } from '../../src/pagerduty/signature.ts';
import { type PagerDutyNotice, parseWebhook } from '../../src/pagerduty/webhook.ts';
import { incidentData, sendWebhook } from '../support/pagerduty/webhook.ts';

it('a webhook as PagerDuty delivers it is verified over its raw body and read', async () => {
  const got: { verified: boolean; notice: PagerDutyNotice }[] = [];
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const header = request.headers['x-pagerduty-signature'];
    const one = Array.isArray(header) ? header.join(',') : header;
    got.push({ verified: verifySignature(body, one, ['new secret']), notice: parseWebhook(body) });
    response.writeHead(202).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/pagerduty`;
    const answer = await sendWebhook(url, ['old secret', 'new secret'], {
      type: 'incident.acknowledged',
      data: incidentData({ id: 'PINC001', incidentKey: 'ключ/L1', status: 'acknowledged' }),
    });
    expect(answer.status).toBe(202);
    expect(got).toMatchObject([{ verified: true, notice: { kind: 'acknowledged', incidentKey: 'ключ/L1' } }]);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
