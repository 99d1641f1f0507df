import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NotifiedAlert } from '../../src/intake/alertmanager-schema.ts';
import { alertOf, groupKeyOf, LONGEST_VALUE_BYTES } from '../../src/intake/alerts.ts';

const sent: NotifiedAlert = {
  status: 'firing',
  labels: {},
  annotations: {},
  startsAt: '2026-01-01T00:00:00Z',
  fingerprint: 'cf94611472dca36c',
};

describe('an alert that is taken in', () => {
  test("has no end when Alertmanager sends Go's zero time, or nothing", () => {
    for (const endsAt of ['0001-01-01T00:00:00Z', null, undefined]) {
      expect(alertOf({ ...sent, endsAt })).not.toHaveProperty('endsAt');
    }
    expect(alertOf({ ...sent, endsAt: '2026-01-01T01:00:00+01:00' }).endsAt).toBe('2026-01-01T00:00:00.000Z');
  });

  test('has texts of at most 4 KiB that end with a whole character, and shorter ones as they were', () => {
    const text = fc
      .tuple(fc.nat(4), fc.constantFrom('a', 'é', '€', '😀'), fc.integer({ min: 1_000, max: 4_200 }))
      .map(([offset, char, count]) => 'x'.repeat(offset) + char.repeat(count));
    fc.assert(
      fc.property(text, (value) => {
        const kept = alertOf({ ...sent, annotations: { value } }).annotations.value ?? '';
        if (Buffer.byteLength(value) <= LONGEST_VALUE_BYTES) {
          expect(kept).toBe(value);
        } else {
          expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(LONGEST_VALUE_BYTES);
          expect(Buffer.byteLength(kept)).toBeGreaterThan(LONGEST_VALUE_BYTES - 8);
          expect(kept).not.toContain('\ufffd');
          expect(value.startsWith(kept.slice(0, -1))).toBe(true);
          expect(kept.endsWith('…')).toBe(true);
        }
      }),
    );
  });

  test('has a fingerprint that is told from all others, whatever it was called', () => {
    const odd = [
      'constructor',
      '__proto__',
      ' ',
      '\0',
      'x'.repeat(1_000),
      'x'.repeat(1_001),
      '-',
      'cf94611472dca36c',
    ];
    const fingerprints = odd.map((fingerprint) => alertOf({ ...sent, fingerprint }).fingerprint);
    expect(new Set(fingerprints).size).toBe(odd.length);
    for (const one of fingerprints) expect(one).toMatch(/^[\da-f]{16}$/);
  });
});

test('the key of a group is its own name, or a digest where that is long or cannot be stored', () => {
  const name = '{}:{alertname="PoolExhaustion"}';
  expect(groupKeyOf(name)).toBe(`group:${name}`);
  for (const odd of [randomBytes(10_000).toString('hex'), 'a\0', 'a\ud800']) {
    expect(groupKeyOf(odd)).toMatch(/^group:sha256:[\da-f]{64}$/);
  }
});
