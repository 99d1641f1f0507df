import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { recorded } from '../support/alertmanager/fixtures.ts';
import { type House, house } from './house.ts';
import { alert, alertOf, notification } from './notification.ts';

let it: House;
beforeAll(async () => {
  it = await house();
});
afterAll(() => it.close());

/** Every test has a group of its own and the store to itself. */
beforeEach(async () => {
  it.dispatched.length = 0;
  await it.store.pool.query(`
    alter table events disable trigger user;
    truncate incidents, events, effects, messages;
    alter table events enable trigger user`);
});

const MINUTE = 60_000;
const cleared = (parts = {}) => alert({ status: 'resolved', endsAt: '2026-01-01T00:10:00Z', ...parts });

describe('a notification of Alertmanager', () => {
  test('opens an incident that is committed, with what follows from it, before it is answered', async () => {
    const { status, body } = await it.post(notification());
    expect(status).toBe(200);
    expect(body).toEqual({ status: 'ok', incidents: [expect.stringMatching(/^inc-\d+$/)] });
    const incident = await it.store.incident(body.incidents?.[0] ?? '');
    expect(incident).toMatchObject({ status: 'open', pool: 'orders', startsAt: '2026-01-01T00:00:00.123Z' });
    expect(Object.keys(incident?.alerts ?? {})).toEqual(['cf94611472dca36c']);
    const { rows } = await it.store.pool.query('select id, kind from effects order by n');
    expect(rows.map((row) => row.kind)).toEqual(['slack.message', 'check.step', 'pagerduty.event']);
    expect(it.dispatched).toEqual(rows.map((row) => row.id));
  });

  test('that comes twice is one incident and changes nothing the second time', async () => {
    const first = await it.post(notification());
    const before = await it.count();
    const second = await it.post(notification());
    expect(second.body).toEqual(first.body);
    expect(await it.count()).toEqual(before);
  });

  test('that comes from two Alertmanagers at the same time is one incident', async () => {
    for (let round = 0; round < 10; round += 1) {
      const pools = [alertOf('orders'), alertOf('users')];
      const unmatched = alertOf(`other-${round}`);
      const [one, other] = await Promise.all([
        it.post(notification([...pools, unmatched], { groupKey: `{}:{round="${round}"}` })),
        it.post(notification([unmatched, ...pools].reverse(), { groupKey: `{}:{round="${round}"}` })),
      ]);
      expect([one.status, other.status]).toEqual([200, 200]);
      expect(one.body.incidents).toHaveLength(3);
      expect([...(other.body.incidents ?? [])].sort()).toEqual([...(one.body.incidents ?? [])].sort());
    }
    expect((await it.count()).incidents).toBe(2 + 10);
  });

  test('a storm of the same notification is one incident', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => it.post(notification())));
    expect(new Set(answers.map((one) => `${one.status} ${one.body.incidents?.join()}`)).size).toBe(1);
    expect(await it.count()).toMatchObject({ incidents: 1 });
  });

  test('is split by pool, and the rest goes by its group', async () => {
    const alerts = [
      alertOf('orders'),
      alertOf('x'),
      alertOf('users'),
      alertOf('y'),
      alertOf('orders', { fingerprint: 'b' }),
    ];
    const { body } = await it.post(notification(alerts));
    const incidents = await Promise.all((body.incidents ?? []).map((id) => it.store.incident(id)));
    expect(incidents.map((one) => [one?.pool, Object.keys(one?.alerts ?? {}).length])).toEqual([
      ['orders', 2],
      [undefined, 2],
      ['users', 1],
    ]);
  });

  test('of another group that matches no pool is another incident', async () => {
    const first = await it.post(notification([alertOf('x')], { groupKey: 'a' }));
    const second = await it.post(notification([alertOf('x')], { groupKey: 'b' }));
    expect(second.body.incidents).not.toEqual(first.body.incidents);
  });

  test('with a group key of any length and any character finds its incident again', async () => {
    const long = randomBytes(100_000).toString('hex');
    const keys = [long, `${long}2`, 'nul \0 key', 'half \ud800 key', 'nul \ufffd key'];
    const post = async (groupKey: string): Promise<string> => {
      const { status, body } = await it.post(notification([alertOf('x')], { groupKey }));
      expect([status, body.incidents?.length]).toEqual([200, 1]);
      return String(body.incidents);
    };
    const first: string[] = [];
    for (const key of keys) first.push(await post(key));
    expect(new Set(first).size).toBe(keys.length);
    for (const [index, key] of keys.entries()) expect(await post(key)).toBe(first[index]);
  });

  test('that says all is clear closes the incident', async () => {
    const { body } = await it.post(notification());
    const { body: later } = await it.post(notification([cleared()], { status: 'resolved' }));
    expect(later.incidents).toEqual(body.incidents);
    expect(await it.store.incident(body.incidents?.[0] ?? '')).toMatchObject({ status: 'resolved' });
  });

  test('that says all is clear of what was never known is accepted and opens nothing', async () => {
    const { status, body } = await it.post(notification([cleared()], { status: 'resolved' }));
    expect([status, body.incidents]).toEqual([200, []]);
    expect(await it.count()).toEqual({ incidents: 0, events: 0, effects: 0 });
  });

  test('that fires again within half an hour goes to the same incident, and later to a new one', async () => {
    const { body: opened } = await it.post(notification());
    await it.post(notification([cleared()]));
    const again = { startsAt: '2026-01-01T00:20:00Z' };
    const { body: reopened } = await it.post(notification([alert(again)]));
    expect(reopened.incidents).toEqual(opened.incidents);
    await it.post(notification([cleared(again)]));
    it.forward(31 * MINUTE);
    const { body: fresh } = await it.post(notification([alert({ startsAt: '2026-01-01T01:00:00Z' })]));
    expect(fresh.incidents).not.toEqual(opened.incidents);
    expect((await it.count()).incidents).toBe(2);
  });

  test.each(
    readdirSync(join(import.meta.dirname, '../fixtures/alertmanager')).filter((name) =>
      name.endsWith('.json'),
    ),
  )('recorded from a real Alertmanager is taken in: %s', async (name) => {
    const { status, body } = await it.post(recorded(name.replace('.json', '')));
    expect([status, body.status]).toEqual([200, 'ok']);
  });
});

describe('what is kept of an alert', () => {
  async function kept(parts: Parameters<typeof alert>[0]) {
    const { status, body } = await it.post(notification([alert(parts)]));
    expect(status).toBe(200);
    const incident = await it.store.incident(body.incidents?.[0] ?? '');
    return Object.values(incident?.alerts ?? {})[0];
  }

  test('are its times in UTC', async () => {
    expect((await kept({ startsAt: '2026-01-01T02:00:00.5+02:00' }))?.startsAt).toBe(
      '2026-01-01T00:00:00.500Z',
    );
  });

  test('are 4 KiB of each text at most, cut between two characters', async () => {
    const known = await kept({
      annotations: { a: `x${'€'.repeat(5_000)}`, b: 'y'.repeat(4_096), ['k'.repeat(9_000)]: '' },
    });
    const { a = '', b, ...rest } = known?.annotations ?? {};
    expect(Buffer.byteLength(a)).toBeLessThanOrEqual(4_096);
    expect(a).toMatch(/^x€{1300,}…$/);
    expect(b).toBe('y'.repeat(4_096));
    expect(Object.keys(rest).map((key) => Buffer.byteLength(key))).toEqual([4_096]);
  });

  test('are its control characters, but none that PostgreSQL cannot store', async () => {
    const known = await kept({ annotations: { text: 'a\0b\u0001c\ud800d\u{1f600}e\n' } });
    expect(known?.annotations.text).toBe('a\ufffdb\u0001c\ufffdd\u{1f600}e\n');
  });

  test('is its link, if a browser opens it as a page', async () => {
    expect((await kept({}))?.generatorURL).toBe('http://prometheus.example.com:9090/graph?g0.expr=up');
    for (const generatorURL of [
      'javascript:alert(1)',
      '',
      'graph',
      'http://',
      null,
      `http://a/${'b'.repeat(5_000)}`,
    ]) {
      expect(await kept({ generatorURL, fingerprint: `f${String(generatorURL).length}` })).toBeDefined();
    }
    const { rows } = await it.store.pool.query(
      `select data from events where type = 'AlertFired' order by seq`,
    );
    expect(rows.filter((row) => row.data.alert.generatorURL !== undefined)).toHaveLength(1);
  });

  test('no name that every object has confuses', async () => {
    const raw = JSON.stringify(notification([alertOf('orders')]))
      .replaceAll('"alertname"', '"__proto__":"p","constructor":"c","toString":"t","alertname"')
      .replace('"receiver"', '"__proto__":{"version":"5"},"constructor":{"x":1},"receiver"');
    const { status, body } = await it.post(raw);
    expect(status).toBe(200);
    for (const fingerprint of ['constructor', '__proto__', 'toString']) {
      expect((await it.post(notification([alertOf('orders', { fingerprint })]))).body).toEqual(body);
    }
    const incident = await it.store.incident(body.incidents?.[0] ?? '');
    expect(Object.keys(incident?.alerts ?? {})).toHaveLength(4);
    expect(incident?.alerts[alertOf('orders').fingerprint as string]?.labels).toMatchObject({
      constructor: 'c',
      toString: 't',
    });
  });
});

describe('the ids of incidents', () => {
  test('are not used up by notifications that repeat what is known', async () => {
    const used = async (): Promise<number> =>
      Number((await it.store.pool.query('select last_value from incident_number')).rows[0].last_value);
    await it.post(notification());
    const before = await used();
    for (let repeat = 0; repeat < 20; repeat += 1) await it.post(notification());
    expect(await used()).toBeLessThanOrEqual(before + 1);
  });

  test('are never shared, however many groups come at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        it.post(notification([alertOf(`db${i}`)], { groupKey: `g${i % 25}` })),
      ),
    );
    expect(answers.every((one) => one.status === 200)).toBe(true);
    expect(new Set(answers.flatMap((one) => one.body.incidents)).size).toBe(25);
    expect((await it.count()).incidents).toBe(25);
  });
});

describe('what the webhook reports', () => {
  test('is counted, and logged without any text of the alerts', async () => {
    it.lines.length = 0;
    const { body } = await it.post(
      notification([alert({ annotations: { summary: 'a word from a row' } })], { truncatedAlerts: 3 }),
    );
    const page = await it.metrics.render();
    expect(page).toMatch(/lifeguard_webhooks_total\{source="alertmanager",code="200"\} [1-9]/);
    expect(page).toMatch(/lifeguard_alerts_received_total\{status="firing"\} [1-9]/);
    expect(it.lines.join()).not.toContain('a word from a row');
    expect(it.lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'info', incident: body.incidents?.[0], alerts: 1 },
      { level: 'warn', truncated: 3 },
    ]);
  });
});
