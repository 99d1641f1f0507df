import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEEPEST, faultIn, NotJson, readJson } from '../../src/intake/json.ts';
import { runs } from '../support/fuzz.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON with one character taken out, put in or put in the place of another: nearly always broken somewhere. */
const nearlyJson = fc
  .tuple(
    fc.json({ maxDepth: 4 }),
    fc.nat(),
    fc.constantFrom(...'{}[]",:\\ \n0-.eEtu\u0001\u2028é'.split(''), ''),
    fc.boolean(),
  )
  .map(([text, at, char, inPlace]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + char + text.slice(place + (inPlace ? 1 : 0));
  });

describe('the place of the fault', () => {
  test('is named for exactly the texts that are not JSON', () => {
    const any = fc.oneof(
      { weight: 8, arbitrary: nearlyJson },
      fc.string(),
      fc.json(),
      fc.stringMatching(/^[-0-9.eE+]{1,8}$/),
    );
    fc.assert(
      fc.property(any, (text) => {
        expect(faultIn(text) === undefined, text).toBe(isJson(text));
      }),
      { numRuns: runs(5_000) },
    );
  });

  test('is after what can still become JSON, and at what cannot', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), fc.nat(), (text, at) => {
        const broken = `${text.slice(0, at % text.length)}\u0001`;
        expect(faultIn(broken)).toBeLessThanOrEqual(broken.length - 1);
      }),
    );
  });

  test.each([
    ['{"a": tru}', 'see line 1, column 7'],
    ['{"a": 1,}', 'see line 1, column 9'],
    ["{'a': 1}", 'see line 1, column 2'],
    ['{"a" 1}', 'see line 1, column 6'],
    ['[1 2]', 'see line 1, column 4'],
    ['[01]', 'see line 1, column 3'],
    ['["a\\x"]', 'see line 1, column 4'],
    ['["a\nb"]', 'see line 1, column 4'],
    ['[\n  1,\n  x\n]', 'see line 3, column 3'],
    ['{} {}', 'see line 1, column 4'],
    ['["abc', 'it ends too early, at line 1, column 6'],
    ['[1,\n', 'it ends too early, at line 2, column 1'],
    ['', 'it ends too early, at line 1, column 1'],
  ])('%j', (text, place) => {
    expect(() => readJson(Buffer.from(text))).toThrow(new NotJson(`is not JSON: ${place}`));
  });

  test('is found however deep the text goes', () => {
    expect(faultIn('['.repeat(200_000))).toBe(200_000);
  });

  test('is found in a long text in no time', () => {
    const began = performance.now();
    for (const part of ['\\n', 'a', '\\u0041']) faultIn(`["${part.repeat(300_000)}`);
    for (const part of ['[', '{"a":', '[1,', '1', ' ', '"",']) faultIn(part.repeat(300_000));
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

test('JSON nested deeper than any webhook is refused before it is built', () => {
  const nested = (depth: number) => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`;
  expect(() => readJson(Buffer.from(nested(DEEPEST)))).not.toThrow();
  expect(() => readJson(Buffer.from(nested(DEEPEST + 2)))).toThrow(
    new NotJson(`is nested deeper than ${DEEPEST} levels`),
  );
  expect(() => readJson(Buffer.from('['.repeat(1_000_000)))).toThrow('is nested deeper');
  // Side by side, and within a string, they are not within each other.
  const flat = [Array(1_000).fill([]), '[{"'.repeat(1_000), '\\"[['.repeat(1_000)];
  expect(readJson(Buffer.from(JSON.stringify(flat)))).toEqual(flat);
});

test('a byte order mark before JSON is no fault', () => {
  expect(readJson(Buffer.from('\ufeff{"a":1}'))).toEqual({ a: 1 });
});

test('bytes that are not UTF-8 are named as that', () => {
  expect(() => readJson(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toThrow(new NotJson('is not UTF-8'));
});
