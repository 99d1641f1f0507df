import { afterEach, describe, expect, test } from 'vitest';
import { needs } from '../needs.ts';
import {
  ALERTMANAGER,
  type AlertmanagerOptions,
  type PostableAlert,
  postAlerts,
  startAlertmanager,
} from './alertmanager.ts';
import { record, recorded, shape } from './fixtures.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const need = needs(ALERTMANAGER.program, ALERTMANAGER.package);

const exhausted = exhaustion('catalytic_db');
const another = exhaustion('orders');
const ended = (alert: PostableAlert): PostableAlert => ({ ...alert, endsAt: new Date().toISOString() });

describe.skipIf(need.skip)(`a real Alertmanager in tests${need.reason}`, () => {
  const opened: Array<{ stop(): Promise<void> }> = [];
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.stop();
  });

  async function receiver(): Promise<Receiver> {
    const started = await startReceiver();
    opened.push(started);
    return started;
  }

  async function alertmanager(to: Receiver, options: Partial<AlertmanagerOptions> = {}) {
    const started = await startAlertmanager({ webhookUrl: to.url, token: 'a-token', ...options });
    opened.push(started);
    return started;
  }

  test('notifies with the bearer token in webhook version 4, firing and then resolved', async () => {
    const webhook = await receiver();
    const { url } = await alertmanager(webhook);

    await postAlerts(url, [exhausted]);
    const firing = await webhook.arrival((body) => body.status === 'firing');
    await postAlerts(url, [ended(exhausted)]);
    const resolved = await webhook.arrival((body) => body.status === 'resolved');

    expect(firing.headers.authorization).toBe('Bearer a-token');
    expect(firing.body.version).toBe('4');
    expect(firing.body.alerts[0]).toMatchObject({ status: 'firing', endsAt: '0001-01-01T00:00:00Z' });
    expect(resolved.body.groupKey).toBe(firing.body.groupKey);
    expect(resolved.body.alerts[0]?.fingerprint).toBe(firing.body.alerts[0]?.fingerprint);
    expect(resolved.body.alerts[0]?.startsAt).toBe(firing.body.alerts[0]?.startsAt);
  });

  test('reports a group of two of which one is resolved as firing', async () => {
    const webhook = await receiver();
    const { url } = await alertmanager(webhook, { groupBy: ['alertname'] });

    await postAlerts(url, [exhausted, another]);
    await webhook.arrival((body) => body.alerts.length === 2);
    await postAlerts(url, [ended(exhausted)]);
    const mixed = await webhook.arrival((body) => body.alerts.some((alert) => alert.status === 'resolved'));

    expect(mixed.body.status).toBe('firing');
    expect(mixed.body.alerts.map((alert) => alert.status).sort()).toEqual(['firing', 'resolved']);
    record('one-of-two-resolved', mixed);
    expect(shape(JSON.parse(recorded('one-of-two-resolved')))).toEqual(shape(mixed.body));
  });

  test('tries again after a 503 and gives up at once after a 400', async () => {
    const webhook = await receiver();
    const { url, logs } = await alertmanager(webhook);

    webhook.answerWith(503);
    await postAlerts(url, [exhausted]);
    await webhook.arrival(() => webhook.arrivals.length >= 2);
    webhook.answerWith(200);
    const seen = webhook.arrivals.length;
    await webhook.arrival(() => webhook.arrivals.length > seen);
    const delivered = webhook.arrivals.length;

    webhook.answerWith(400);
    await postAlerts(url, [another]);
    await webhook.arrival((body) => body.alerts[0]?.labels.datname === 'orders');
    await expect.poll(logs).toContain('unrecoverable error');
    expect(webhook.arrivals.slice(0, delivered).every((each) => each.raw === webhook.arrivals[0]?.raw)).toBe(
      true,
    );
  });

  test('delivers a group from each of two that do not hear of each other, alike but for their own address', async () => {
    const webhook = await receiver();
    const first = await alertmanager(webhook);
    const second = await alertmanager(webhook);

    // Prometheus, too, tells every Alertmanager it knows.
    const startsAt = new Date().toISOString();
    for (const { url } of [first, second]) await postAlerts(url, [{ ...exhausted, startsAt }]);
    await webhook.arrival(() => webhook.arrivals.length === 2);

    const [one, two] = webhook.arrivals.map((each) => each.body);
    expect(two?.groupKey).toBe(one?.groupKey);
    expect(two?.alerts[0]?.fingerprint).toBe(one?.alerts[0]?.fingerprint);
    expect(two?.alerts[0]?.startsAt).toBe(one?.alerts[0]?.startsAt);
  });

  test('delivers a group once from a cluster whose members hear of each other', async () => {
    const webhook = await receiver();
    const first = await alertmanager(webhook, { clusterPeers: [] });
    const second = await alertmanager(webhook, { clusterPeers: [first.clusterAddress] });
    await expect.poll(() => members(second.url)).toBe(2);

    for (const { url } of [first, second]) await postAlerts(url, [exhausted]);
    await webhook.arrival(() => true);
    await postAlerts(second.url, [ended(exhausted)]);
    await postAlerts(first.url, [ended(exhausted)]);
    await webhook.arrival((body) => body.status === 'resolved');

    expect(webhook.arrivals.filter((each) => each.body.status === 'firing')).toHaveLength(1);
  });
});

function exhaustion(datname: string): PostableAlert {
  return {
    labels: { alertname: 'DatabaseConnectionPoolExhaustion', datname, severity: 'critical' },
    annotations: { summary: `Connections to ${datname}: 94 % of the usable slots are taken` },
    generatorURL: 'http://127.0.0.1:9090/graph?g0.expr=up',
  };
}

/** How many members of its cluster an Alertmanager sees. */
async function members(url: string): Promise<number> {
  const response = await fetch(`${url}/api/v2/status`);
  const status = (await response.json()) as { cluster: { peers: unknown[] } };
  return status.cluster.peers.length;
}
