import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultsIn } from '../../src/console/pager/enqueue-rules.ts';
import type { PagerEvent, TriggerEvent } from '../../src/pagerduty/event.ts';
import { cut, EVENT_LIMIT, fitDedupKey, wireEvent } from '../../src/pagerduty/payload.ts';

const PAGE: TriggerEvent = {
  action: 'trigger',
  routingKey: '1a11111111111111111111111111111b',
  dedupKey: 'incident-1/L1',
  summary: 'Connection pool orders is at 97 %',
  source: 'db-1.example.com',
  severity: 'critical',
};

const size = (event: PagerEvent) => Buffer.byteLength(JSON.stringify(wireEvent(event)));

describe('texts', () => {
  it('are cut to the limit without splitting a character', () => {
    expect(wireEvent({ ...PAGE, summary: 'x'.repeat(1024) }).payload?.summary).toBe('x'.repeat(1024));
    expect(wireEvent({ ...PAGE, summary: 'x'.repeat(1025) }).payload?.summary).toBe(`${'x'.repeat(1023)}…`);
    expect(cut('a😀b', 3)).toBe('a…');
    expect(cut('😀', 2)).toBe('😀');
  });

  it('that are blank are filled in, for PagerDuty would refuse the page', () => {
    const { payload } = wireEvent({ ...PAGE, summary: ' ', source: '' });
    expect(payload).toMatchObject({ summary: 'Alert without a summary', source: 'unknown source' });
  });
});

describe('a dedup_key beyond 255 characters', () => {
  it('is cut to the same each time, and two with the same beginning stay two', () => {
    const one = fitDedupKey(`${'k'.repeat(300)}1`);
    const two = fitDedupKey(`${'k'.repeat(300)}2`);
    expect(one).toBe(fitDedupKey(`${'k'.repeat(300)}1`));
    expect(one).not.toBe(two);
    expect(one).toHaveLength(255);
    expect(fitDedupKey('k'.repeat(255))).toBe('k'.repeat(255));
  });

  it('is the same for the page and for what follows it', () => {
    const dedupKey = 'k'.repeat(400);
    const { routingKey } = PAGE;
    expect(wireEvent({ action: 'resolve', routingKey, dedupKey }).dedup_key).toBe(
      wireEvent({ ...PAGE, dedupKey }).dedup_key,
    );
  });
});

describe('links and images', () => {
  it('that PagerDuty would refuse are left out, the page is not', () => {
    const event = wireEvent({
      ...PAGE,
      links: [{ href: 'http://example.com/a' }, { href: 'javascript:alert(1)' }, { href: 'thread' }],
      images: [{ src: 'http://example.com/a.png' }, { src: 'https://example.com/b.png' }, { src: '' }],
      clientUrl: 'not a url',
    });
    expect(event.links).toEqual([{ href: 'http://example.com/a' }]);
    expect(event.images).toEqual([{ src: 'https://example.com/b.png' }]);
    expect(event.client_url).toBeUndefined();
    expect(wireEvent({ ...PAGE, images: [{ src: 'http://example.com/a.png' }] }).images).toBeUndefined();
  });
});

describe('details that are too large', () => {
  it('lose the end of long texts and lists and say how much, while the short ones stay whole', () => {
    const details = {
      pool: 'orders',
      query: 'select '.repeat(100_000),
      sessions: Array.from({ length: 20_000 }, (_, pid) => ({ pid, state: 'idle in transaction' })),
    };
    const shown = wireEvent({ ...PAGE, customDetails: details }).payload?.custom_details as typeof details;
    expect(size({ ...PAGE, customDetails: details })).toBeLessThanOrEqual(EVENT_LIMIT);
    expect(shown.pool).toBe('orders');
    expect(shown.query).toMatch(/^select select .*… \(\d+ more characters\)$/);
    expect(shown.sessions[0]).toEqual({ pid: 0, state: 'idle in transaction' });
    expect(shown.sessions.at(-1)).toBe('… 19500 more');
  });

  it('are replaced by a word when nothing else helps', () => {
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`key ${i}`, 'value']));
    const event = wireEvent({ ...PAGE, customDetails: many, links: [{ href: 'https://example.com/' }] });
    expect(event.payload?.custom_details).toEqual({
      left_out: 'The details, links and images were too large for PagerDuty.',
    });
    expect(event.payload?.summary).toBe(PAGE.summary);
  });

  it('or cannot be JSON at all do not cost the page', () => {
    const circle: Record<string, unknown> = { count: 1n };
    circle.self = circle;
    expect(size({ ...PAGE, customDetails: circle })).toBeLessThan(EVENT_LIMIT);
  });
});

it('whatever the event says, PagerDuty finds no fault with it', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme', maxLength: 3000 }));
  const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const url = fc.oneof(fc.webUrl(), text);
  const event = fc.record({
    dedupKey: text.filter((key) => key !== ''),
    summary: text,
    source: text,
    severity: fc.constantFrom('critical', 'error', 'warning', 'info'),
    component: optional(text),
    group: optional(text),
    class: optional(text),
    client: optional(text),
    clientUrl: optional(url),
    customDetails: optional(fc.dictionary(text, fc.jsonValue())),
    links: optional(fc.array(fc.record({ href: url, text }))),
    images: optional(fc.array(fc.record({ src: url, alt: text }))),
  });
  fc.assert(
    fc.property(event, (given) => {
      const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      const wire = JSON.stringify(wireEvent({ ...PAGE, ...set }));
      expect(faultsIn(JSON.parse(wire))).toEqual([]);
      expect(Buffer.byteLength(wire)).toBeLessThanOrEqual(EVENT_LIMIT);
    }),
    { numRuns: 300 },
  );
});
