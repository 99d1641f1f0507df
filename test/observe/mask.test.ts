import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMasker, MASK, maskShapes, SHORTEST_SECRET } from '../../src/observe/mask.ts';

const secret = fc
  .string({ minLength: SHORTEST_SECRET, unit: 'binary' })
  .filter((text) => !text.includes('*'));

describe('the masker', () => {
  test('leaves no secret in any text, wherever and however often it stands in it', () => {
    fc.assert(
      fc.property(
        fc.array(secret, { minLength: 1, maxLength: 5 }),
        fc.array(fc.string()),
        (secrets, between) => {
          const mask = createMasker(secrets);
          const text =
            between.map((part, i) => part + secrets[i % secrets.length]).join('') + secrets.join('');
          const masked = mask(text);
          for (const one of secrets) expect(masked).not.toContain(one);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('finds a secret that is percent-encoded or escaped as inside of JSON', () => {
    const mask = createMasker(['a/b"c d+e']);
    expect(mask('x=a%2Fb%22c%20d%2Be;')).toBe(`x=${MASK};`);
    expect(mask(JSON.stringify({ body: 'a/b"c d+e' }))).toBe(`{"body":"${MASK}"}`);
  });

  test('takes the password of a connection string for a secret of its own, decoded too', () => {
    const mask = createMasker(['postgres://bot:p%40ssw%3Ard@db.example.com:5432/orders']);
    expect(mask('authentication with p@ssw:rd failed')).toBe(`authentication with ${MASK} failed`);
    expect(mask('authentication with p%40ssw%3Ard failed')).toBe(`authentication with ${MASK} failed`);
  });

  test('does not search for values too short to be secrets', () => {
    expect(createMasker(['', 'a', 'abc'])('abc a cab')).toBe('abc a cab');
  });

  test('masks all of a secret that begins with another', () => {
    expect(createMasker(['token', 'token-long'])('a token-long b token')).toBe(`a ${MASK} b ${MASK}`);
  });

  test('leaves texts without secrets as they are', () => {
    const mask = createMasker(['R0UTINGKEYR0UTINGKEYR0UTINGKEY00']);
    for (const text of [
      'GET http://prometheus.example.com:9090/graph?g0.expr=up@x 200',
      'ALERTMANAGER_WEBHOOK_TOKEN: must be set',
      'token: must be set',
      'see https://example.com/a@b',
      '3f786850e387550fdab836ed7e6dc881',
      'a basic check',
    ]) {
      expect(mask(text)).toBe(text);
    }
  });
});

describe('what looks like a secret is masked, whoever it belongs to', () => {
  test.each([
    ['xoxb-12345-67890-AbCdEf', MASK],
    ['token xoxe.xoxp-1-Mi0yLTk4 used', `token ${MASK} used`],
    ['xapp-1-A0-123-abcdef!', `${MASK}!`],
    ['Authorization: Bearer abc.DEF-123_~+/=', `Authorization: Bearer ${MASK}`],
    ['authorization: bearer abc', `authorization: bearer ${MASK}`],
    ['Authorization: Basic dXNlcjpwYXNz', `Authorization: Basic ${MASK}`],
    ['connect postgres://user:pass@host/db failed', `connect postgres://user:${MASK}@host/db failed`],
    ['postgresql://u:p@ss/w:rd@host:5432/db', `postgresql://u:${MASK}@host:5432/db`],
    ['redis://:pass@host', `redis://:${MASK}@host`],
    ['a,http://h:9090/x,postgres://u:p@h', `a,http://h:9090/x,postgres://u:${MASK}@h`],
    ['host=db password=hunter2 user=x', `host=db password=${MASK} user=x`],
    ["password = 'two words' user=x", `password = ${MASK} user=x`],
    ['{"routing_key":"abcdef"}', `{"routing_key":${MASK}}`],
  ])('%s', (text, masked) => {
    expect(maskShapes(text)).toBe(masked);
  });

  test('no hostile text takes longer than its length allows', () => {
    const mask = createMasker(['a'.repeat(40), 'aaaab', 'secret-value']);
    const size = 1_000_000;
    const hostile = [
      '://a:',
      '://',
      'a://b:c',
      '@',
      'a',
      'Bearer ',
      'Bearer  \t',
      'xox',
      'xoxb-',
      'password=',
      'password="',
      "pwd='",
      'password   ',
      '"',
      "'",
      ' ',
      ':',
      '://a:1/',
      '*',
    ].map((part) => part.repeat(size / part.length));
    const began = performance.now();
    for (const text of hostile) mask(text);
    // 19 million characters take about a second; anything quadratic would take hours.
    expect(performance.now() - began).toBeLessThan(15_000);
  });
});
