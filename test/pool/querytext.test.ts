import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shortenQuery } from '../../src/pool/querytext.ts';

const cases: [string, string, string][] = [
  ['strings', "select * from users where mail = 'ada@example.org'", 'select * from users where mail = ?'],
  ['doubled quotes', "select 'it''s me', a", 'select ?, a'],
  ['escape strings', "select E'a\\'b', a", 'select ?, a'],
  ['type names before a string', "select date'2026-01-01', a", 'select date?, a'],
  ['bit, hex, national and unicode strings', "values (B'01', x'ff', N'a', U&'b', c)", 'values (?, …, c)'],
  ['dollar quotes', 'do $$ secret $$; select $a$ it $$ is $a$, b', 'do ?; select ?, b'],
  ['numbers', 'select a1, 42, -1.5e-3, 0xFF, 1_000, .5', 'select a1, ?, -?, …'],
  ['parameters stay', 'select $1, $2 from t2', 'select $1, $2 from t2'],
  ['quoted names stay', 'select "user id" from "o\'brien"', 'select "user id" from "o\'brien"'],
  ['line comments', 'select a -- token 99\nfrom b', 'select a from b'],
  ['nested block comments', 'select /* a /* b */ c */ d', 'select d'],
  ['white space', '  select\n\t a  ,b ', 'select a ,b'],
  ['lists', "where id in (1, 2,3, 'x')", 'where id in (?, …)'],
  ['an unclosed string', "select 'abc, def", 'select ?'],
  ['an unclosed dollar quote', 'select $x$ abc $y$', 'select ?'],
  ['an unclosed comment', 'select a /* abc', 'select a'],
  ['an unclosed name', 'select "abc', 'select ?'],
  ['a backslash before a quote, which may end the string or not', "select 'a\\', 'b', c", 'select ?'],
  ['characters that turn the direction of text', 'select a\u202eb', 'select a b'],
  ['nothing', '', ''],
];

test.each(cases)('shortens %s', (_, sql, expected) => {
  expect(shortenQuery(sql)).toBe(expected);
});

test('a cut never splits a surrogate pair and keeps within the length', () => {
  const text = `select "${'😀'.repeat(100)}"`;
  for (let max = 1; max < 60; max += 1) {
    const short = shortenQuery(text, max);
    expect(short.length).toBeLessThanOrEqual(max);
    expect(/[\ud800-\udbff]…$/.test(short)).toBe(false);
  }
});

/** What no identifier, key word or mask in these tests can contain. */
const SECRET = '7739SECRET7739';

const content = fc
  .array(fc.constantFrom("'", '"', '\\', '$', '$$', '\n', ' ', '/*', '*/', '--', ';', 'é', '😀', ',', 'x'))
  .map((parts) => parts.join(''));
const around = fc.tuple(content, content);

/** Ways to write a literal, each by the rules of the lexer. */
const literal = fc.oneof(
  around.map(([a, b]) => `'${plain(a)}${SECRET}${plain(b)}'`),
  around.map(([a, b]) => `E'${escaped(a)}${SECRET}${escaped(b)}'`),
  around.map(([a, b]) => `$q$${a.replaceAll('$', '')}${SECRET}${b.replaceAll('$', '')}$q$`),
  fc.constant(`$$${SECRET}$$`),
  fc.constant('7739.7739e-7739'),
  fc.constant("X'7739'"),
);
const harmless = fc.constantFrom(
  'select',
  ' ',
  ', ',
  '(',
  ')',
  '"a b"',
  '"o\'b"',
  "-- c'\n",
  "/* ' /* $$ */ */",
  '$1',
  'foo$bar',
  '::',
  ' = ',
  'e',
  ' E ',
  'u&',
  '.',
);

/** Under standard_conforming_strings a backslash is itself, and only quotes are doubled. */
function plain(text: string): string {
  return text.replaceAll("'", "''");
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}

test('no content of a literal survives, wherever it stands', () => {
  const query = fc.array(fc.oneof(harmless, literal), { maxLength: 20 }).map((parts) => parts.join(' '));
  fc.assert(
    fc.property(query, (sql) => {
      const shown = shortenQuery(sql, 10_000);
      expect(shown).not.toContain('SECRET');
      expect(shown).not.toContain('7739');
    }),
    { numRuns: 2_000 },
  );
});

test('no content of a literal survives in a query that was cut off anywhere', () => {
  const query = fc.tuple(fc.array(fc.oneof(harmless, literal), { maxLength: 12 }), fc.nat(400));
  fc.assert(
    fc.property(query, ([parts, length]) => {
      const shown = shortenQuery(parts.join(' ').slice(0, length), 10_000);
      expect(shown).not.toContain('SECRET');
      expect(shown).not.toContain('77');
    }),
    { numRuns: 2_000 },
  );
});

test('never throws and keeps within the length, whatever it is given', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.integer({ min: 1, max: 200 }),
      (sql, max) => {
        expect(shortenQuery(sql, max).length).toBeLessThanOrEqual(max);
      },
    ),
    { numRuns: 2_000 },
  );
});

test.each(["'", '"', '$$', '$a$', '/*', '*/', '--', '\\', "E'\\", 'a$', '1e+', '?,', ' '])(
  'takes linear time on a megabyte of %s',
  (piece) => {
    const sql = piece.repeat(1_000_000 / piece.length);
    const begun = performance.now();
    shortenQuery(sql);
    // In the square of its length it would take minutes.
    expect(performance.now() - begun).toBeLessThan(20_000);
  },
);
