import { timingSafeEqual } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { verifySignature } from '../../src/pagerduty/signature.ts';
import { signatures } from '../support/pagerduty/webhook.ts';

const BODY = '{"event":{"id":"01"}}';
const RAW = Buffer.from(BODY);

describe('a signature', () => {
  it('is good when one of several is by one of our secrets, as during a rotation', () => {
    expect(verifySignature(RAW, signatures(BODY, ['old', 'new']), ['new'])).toBe(true);
    expect(verifySignature(RAW, signatures(BODY, ['new']), ['old', 'new'])).toBe(true);
    expect(verifySignature(RAW, signatures(BODY, ['a', 'b']).replace(',', ', '), ['b'])).toBe(true);
  });

  it('is bad for another body, even one that means the same', () => {
    expect(verifySignature(Buffer.from('{"event":{"id": "01"}}'), signatures(BODY, ['s']), ['s'])).toBe(
      false,
    );
  });

  it('is bad by another secret, and when there is none to verify by', () => {
    expect(verifySignature(RAW, signatures(BODY, ['theirs']), ['ours'])).toBe(false);
    expect(verifySignature(RAW, signatures(BODY, ['ours']), [])).toBe(false);
  });

  it('by an empty secret is bad, for everybody could make it', () => {
    expect(verifySignature(RAW, signatures(BODY, ['']), [''])).toBe(false);
  });

  it('of another version or of malformed hex counts for nothing', () => {
    const good = signatures(BODY, ['s']);
    expect(verifySignature(RAW, good.replace('v1=', 'v2='), ['s'])).toBe(false);
    expect(verifySignature(RAW, good.replace('v1=', ''), ['s'])).toBe(false);
    expect(verifySignature(RAW, good.slice(0, -1), ['s'])).toBe(false);
    expect(verifySignature(RAW, `${good}0`, ['s'])).toBe(false);
    expect(verifySignature(RAW, `v1=${'zz'.repeat(32)}`, ['s'])).toBe(false);
    expect(verifySignature(RAW, `v0=x,,${good}`, ['s'])).toBe(true);
  });

  it('is verified over bytes, whatever they mean', () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0xc3]);
    const header = signatures(bytes as unknown as string, ['s']);
    expect(verifySignature(bytes, header, ['s'])).toBe(true);
  });
});

it('is compared with every secret in constant time, wherever the match is and whether there is one', () => {
  const compared = (given: readonly string[], ours: readonly string[]): number => {
    const isSame = vi.fn(timingSafeEqual);
    verifySignature(RAW, signatures(BODY, given), ours, isSame);
    return isSame.mock.calls.length;
  };
  for (const given of [
    ['old', 'x', 'y'],
    ['x', 'y', 'new'],
    ['x', 'y', 'z'],
    ['old', 'new', 'new'],
  ]) {
    expect(compared(given, ['old', 'new'])).toBe(6);
  }
});

it('without a header nothing is verified', () => {
  expect(verifySignature(RAW, undefined, ['s'])).toBe(false);
  expect(verifySignature(RAW, '', ['s'])).toBe(false);
});

it('no header of any other making is taken, and none makes it throw', () => {
  fc.assert(
    fc.property(fc.string(), fc.uint8Array(), (header, body) => {
      expect(verifySignature(Buffer.from(body), header, ['secret'])).toBe(false);
    }),
  );
  const hex = fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 0, maxLength: 70 });
  fc.assert(
    fc.property(fc.array(hex), (all) => {
      const header = all
        .map((digits) => `v1=${digits.map((digit) => digit.toString(16)).join('')}`)
        .join(',');
      expect(verifySignature(RAW, header, ['secret'])).toBe(false);
    }),
  );
});

it('every body signed with the secret is taken, and not once a bit of it is turned', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), fc.nat(), (text, secret, at) => {
      const body = Buffer.from(text);
      const header = signatures(text, [secret]);
      expect(verifySignature(body, header, [secret])).toBe(true);
      const turned = Buffer.from(body);
      const index = at % turned.length;
      turned[index] = (turned[index] ?? 0) ^ 1;
      expect(verifySignature(turned, header, [secret])).toBe(false);
    }),
  );
});
