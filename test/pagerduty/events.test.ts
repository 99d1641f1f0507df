import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TriggerEvent } from '../../src/pagerduty/event.ts';
import { createEvents, type Events } from '../../src/pagerduty/events.ts';
import { ROUTING_KEYS } from '../support/pagerduty/account.ts';
import { FAULT } from '../support/pagerduty/faults.ts';
import { startPagerDuty, type TestPagerDuty } from '../support/pagerduty/start.ts';

const PAGE: TriggerEvent = {
  action: 'trigger',
  routingKey: ROUTING_KEYS.L1,
  dedupKey: 'incident-1/L1',
  summary: 'Connection pool orders is at 97 %',
  source: 'db-1.example.com',
  severity: 'critical',
};

let pagerDuty: TestPagerDuty;
let events: Events;

beforeAll(async () => {
  pagerDuty = await startPagerDuty();
  events = createEvents({ server: pagerDuty.server, ca: pagerDuty.ca, timeoutMs: 2_000 });
});
afterAll(() => pagerDuty.stop());
beforeEach(() => pagerDuty.faults.clear());

describe('an event that PagerDuty takes', () => {
  it('is accepted under its key, and a repeat adds to the same alert', async () => {
    const page = { ...PAGE, dedupKey: 'repeat' };
    expect(await events.send(page)).toEqual({ kind: 'accepted', dedupKey: 'repeat' });
    expect(await events.send(page)).toEqual({ kind: 'accepted', dedupKey: 'repeat' });
    const pages = pagerDuty.pages.filter(({ dedupKey }) => dedupKey === 'repeat');
    expect(pages.map(({ effect }) => effect)).toEqual(['opened', 'added']);
  });

  it('carries every field of the page', async () => {
    await events.send({
      ...PAGE,
      dedupKey: 'everything',
      component: 'postgresql',
      group: 'orders',
      class: 'pool exhaustion',
      customDetails: { used: 97, usable: 100, holders: ['catalytic-api'] },
      links: [{ href: 'https://example.com/thread', text: 'Thread' }],
      images: [{ src: 'https://example.com/chart.png', alt: 'Utilisation' }],
      client: 'Lifeguard',
      clientUrl: 'https://lifeguard.example.com/',
      timestamp: '2026-10-02T18:45:22.169Z',
    });
    expect(pagerDuty.pages.at(-1)?.event).toEqual({
      routing_key: ROUTING_KEYS.L1,
      event_action: 'trigger',
      dedup_key: 'everything',
      payload: {
        summary: PAGE.summary,
        source: PAGE.source,
        severity: 'critical',
        timestamp: '2026-10-02T18:45:22.169Z',
        component: 'postgresql',
        group: 'orders',
        class: 'pool exhaustion',
        custom_details: { used: 97, usable: 100, holders: ['catalytic-api'] },
      },
      client: 'Lifeguard',
      client_url: 'https://lifeguard.example.com/',
      links: [{ href: 'https://example.com/thread', text: 'Thread' }],
      images: [{ src: 'https://example.com/chart.png', alt: 'Utilisation' }],
    });
  });

  it('acknowledges and resolves the alert under the same key', async () => {
    const alert = { routingKey: ROUTING_KEYS.L2, dedupKey: 'life of an alert' };
    await events.send({ ...PAGE, ...alert });
    const status = () =>
      pagerDuty.incidents.find(({ incidentKey }) => incidentKey === alert.dedupKey)?.status;
    expect(status()).toBe('triggered');
    expect(await events.send({ action: 'acknowledge', ...alert })).toMatchObject({ kind: 'accepted' });
    expect(status()).toBe('acknowledged');
    expect(await events.send({ action: 'resolve', ...alert })).toMatchObject({ kind: 'accepted' });
    expect(status()).toBe('resolved');
  });
});

describe('an event that PagerDuty refuses', () => {
  it('is refused with its complaints and the setting that mends it', async () => {
    const outcome = await events.send({ ...PAGE, routingKey: 'too-short-a-key' });
    expect(outcome).toEqual({
      kind: 'refused',
      status: 400,
      message: expect.stringContaining("(check the level's page.routing_key, which ends in …-key)"),
      errors: [
        "Length of 'routing_key' is incorrect (should be 32 characters)",
        "'routing_key' cannot contain non-alphanumeric characters.",
      ],
    });
  });

  it('is refused for good by a 400 in plain text, as for a key that no service has', async () => {
    const outcome = await events.send({ ...PAGE, routingKey: 'f'.repeat(32) });
    expect(outcome).toMatchObject({
      kind: 'refused',
      status: 400,
      message:
        "PagerDuty answered 400: Invalid routing key (check the level's page.routing_key, which ends in …ffff)",
    });
  });

  it('is refused by another 4xx in JSON, but tried again when something else than PagerDuty answered', async () => {
    pagerDuty.faults.next(FAULT.answer(403, { status: 'forbidden', message: 'No' }), FAULT.html(403));
    expect(await events.send(PAGE)).toMatchObject({ kind: 'refused', status: 403 });
    expect(await events.send(PAGE)).toMatchObject({ kind: 'retry', status: 403 });
  });

  it('never shows the routing key, even when the answer repeats it', async () => {
    const key = ROUTING_KEYS.L1;
    const echo = { status: 'invalid event', message: `${key} is unknown`, errors: [`no service has ${key}`] };
    pagerDuty.faults.next(
      FAULT.answer(400, echo),
      FAULT.answer(500, { message: `${'x'.repeat(480)}${key}` }),
      FAULT.answer(400, `Invalid routing key ${key}`),
    );
    for (let i = 0; i < 3; i += 1) {
      const shown = JSON.stringify(await events.send(PAGE));
      expect(shown).not.toContain(key.slice(0, 8));
    }
  });
});

describe('an event whose fate is uncertain', () => {
  it.each([
    ['500', FAULT.serverError(), { status: 500 }],
    ['503 with a page of HTML', FAULT.html(), { status: 503 }],
    ['408', FAULT.answer(408, { message: 'took too long' }), { status: 408 }],
    [
      '503 with Retry-After',
      FAULT.answer(503, '', { 'Retry-After': '120' }),
      { status: 503, afterMs: 120_000 },
    ],
    ['a redirect', FAULT.answer(307, '', { Location: '/v2/enqueue' }), { status: 307 }],
    ['200 with something that is not PagerDuty', FAULT.html(200), { status: 200 }],
    ['202 without a word of success', FAULT.answer(202, { status: 'hm' }), { status: 202 }],
  ])('is to be tried again after %s', async (_name, fault, expected) => {
    pagerDuty.faults.next(fault);
    expect(await events.send(PAGE)).toMatchObject({
      kind: 'retry',
      ...expected,
      message: expect.any(String),
    });
  });

  it('is to be tried again when the answer was lost, and the alert is not opened twice', async () => {
    const page = { ...PAGE, dedupKey: 'lost answer' };
    pagerDuty.faults.next(FAULT.loseAnswer());
    expect(await events.send(page)).toMatchObject({
      kind: 'retry',
      message: expect.stringContaining('reached'),
    });
    expect(await events.send(page)).toMatchObject({ kind: 'accepted' });
    const effects = pagerDuty.pages
      .filter(({ dedupKey }) => dedupKey === 'lost answer')
      .map(({ effect }) => effect);
    expect(effects).toEqual(['opened', 'added']);
  });

  it('is to be tried again when nothing listens, or the certificate is not trusted', async () => {
    const nobody = createEvents({ server: 'localhost:1' });
    expect(await nobody.send(PAGE)).toMatchObject({
      kind: 'retry',
      message: expect.stringMatching(/^PagerDuty cannot be reached: .*ECONNREFUSED/),
    });
    const distrustful = createEvents({ server: pagerDuty.server });
    expect(await distrustful.send(PAGE)).toMatchObject({
      kind: 'retry',
      message: expect.stringMatching(/self-signed certificate/),
    });
  });

  it('is given up within its time when PagerDuty hangs', async () => {
    const hasty = createEvents({ server: pagerDuty.server, ca: pagerDuty.ca, timeoutMs: 150 });
    pagerDuty.faults.next(FAULT.hang());
    const start = performance.now();
    const outcome = await hasty.send(PAGE);
    const took = performance.now() - start;
    expect(outcome).toEqual({ kind: 'retry', message: 'PagerDuty gave no answer within 150 ms' });
    expect(took).toBeGreaterThanOrEqual(140);
    expect(took).toBeLessThan(1_000);
  });
});

describe('a 429', () => {
  it('is seen at once with its Retry-After, after a single request', async () => {
    pagerDuty.faults.whenever(() => FAULT.rateLimited('7'));
    const before = pagerDuty.requests.length;
    const start = performance.now();
    const outcome = await events.send(PAGE);
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(outcome).toMatchObject({ kind: 'retry', status: 429, afterMs: 7_000 });
    // Long enough for a repeat that was already under way to arrive: another request goes the same way after it.
    pagerDuty.faults.clear();
    await events.send(PAGE);
    expect(pagerDuty.requests.length - before).toBe(2);
  });

  it('without Retry-After is a retry without a time', async () => {
    pagerDuty.faults.next(FAULT.rateLimited());
    const outcome = await events.send(PAGE);
    expect(outcome).toEqual({ kind: 'retry', status: 429, message: 'PagerDuty answered 429' });
  });
});

it.each(['', 'https://events.pagerduty.com', 'events.pagerduty.com/v2', 'a b', 'host:99999', 'user@host'])(
  'refuses %j as a server, naming the setting',
  (server) => {
    expect(() => createEvents({ server })).toThrow('PAGERDUTY_EVENTS_SERVER');
  },
);
