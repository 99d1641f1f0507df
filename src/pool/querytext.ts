/** Longest text for a line of a message, in UTF-16 units. */
const MAX = 120;
const MASK = '?';

/**
 * Makes a query fit to be shown and logged: literals (strings of every kind, numbers, bit strings) become
 * `?`, comments go, white space shrinks, and what is longer than `max` UTF-16 units ends with an ellipsis.
 *
 * Never throws and takes linear time. What it cannot be sure of it masks: a quote that is not closed hides
 * all the rest, and so does a backslash before a quote, which ends the string or not depending on
 * `standard_conforming_strings`.
 */
export function shortenQuery(sql: string, max = MAX): string {
  const tokens: string[] = [];
  for (let at = 0; at < sql.length; ) {
    const [text, next] = token(sql, at);
    tokens.push(text);
    at = next;
  }
  const flat = tokens.join('').replaceAll(UNSHOWABLE, ' ').replaceAll(/\s+/g, ' ').trim();
  return cut(flat.replaceAll(MASK_LIST, '?, …'), max);
}

/** Control characters, and those that turn the direction of text, by which a query could dress up. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSHOWABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const MASK_LIST = /\?(?:, ?\?)+/g;

/** Identifiers and key words, per "Lexical Structure": letters, and every character beyond ASCII. */
const WORD = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
/** Any number, also malformed, with whatever word sticks to it: `1.5e-3`, `0xFF`, `1_000`, `12abc`. */
const NUMBER = /\.?[0-9](?:[eE][+-][0-9]|[0-9A-Za-z_.$\u0080-\uffff])*/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const PARAMETER = /\$[0-9]+/y;
const PREFIXES = new Set(['e', 'b', 'x', 'n']);

/** What the token at `at` becomes, and where the next one begins. */
function token(sql: string, at: number): readonly [string, number] {
  const char = sql.charAt(at);
  if (char === "'") return [MASK, endOfString(sql, at, false)];
  if (char === '"') return quotedName(sql, at);
  if (char === '-' && sql.charAt(at + 1) === '-') return [' ', endOfLine(sql, at)];
  if (char === '/' && sql.charAt(at + 1) === '*') return [' ', endOfComment(sql, at)];
  if (char === '$') return dollar(sql, at);
  const word = match(WORD, sql, at);
  if (word !== undefined) return wordOrPrefix(sql, at, word);
  const number = match(NUMBER, sql, at);
  if (number !== undefined) return [MASK, at + number.length];
  return [char, at + 1];
}

function wordOrPrefix(sql: string, at: number, word: string): readonly [string, number] {
  const next = at + word.length;
  const prefix = word.toLowerCase();
  if (sql.charAt(next) === "'" && PREFIXES.has(prefix)) return [MASK, endOfString(sql, next, prefix === 'e')];
  if (prefix === 'u' && sql.startsWith("&'", next)) return [MASK, endOfString(sql, next + 1, false)];
  return [word, next];
}

/** Position after the string whose opening quote is at `open`. */
function endOfString(sql: string, open: number, escapes: boolean): number {
  for (let at = open + 1; at < sql.length; at += 1) {
    const char = sql.charAt(at);
    if (char === '\\') {
      if (escapes) at += 1;
      else if (sql.charAt(at + 1) === "'") return sql.length;
    } else if (char === "'") {
      if (sql.charAt(at + 1) !== "'") return at + 1;
      at += 1;
    }
  }
  return sql.length;
}

/** A quoted identifier is no literal and stays; one that is not closed may be anything. */
function quotedName(sql: string, at: number): readonly [string, number] {
  const end = sql.indexOf('"', at + 1);
  return end === -1 ? [MASK, sql.length] : [sql.slice(at, end + 1), end + 1];
}

function dollar(sql: string, at: number): readonly [string, number] {
  const parameter = match(PARAMETER, sql, at);
  if (parameter !== undefined) return [parameter, at + parameter.length];
  const tag = match(DOLLAR_TAG, sql, at);
  if (tag === undefined) return ['$', at + 1];
  const end = sql.indexOf(tag, at + tag.length);
  return [MASK, end === -1 ? sql.length : end + tag.length];
}

function endOfLine(sql: string, at: number): number {
  for (let end = at; end < sql.length; end += 1) {
    const char = sql.charAt(end);
    if (char === '\n' || char === '\r') return end;
  }
  return sql.length;
}

/** Block comments nest in PostgreSQL. */
function endOfComment(sql: string, open: number): number {
  let depth = 0;
  for (let at = open; at < sql.length; at += 1) {
    const pair = sql.slice(at, at + 2);
    if (pair !== '/*' && pair !== '*/') continue;
    depth += pair === '/*' ? 1 : -1;
    if (depth === 0) return at + 2;
    at += 1;
  }
  return sql.length;
}

function match(pattern: RegExp, sql: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0];
}

/** Cuts to `max` units, the ellipsis counted, and never between the halves of a surrogate pair. */
function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const head = text.slice(0, Math.max(0, max - 1));
  return `${/[\ud800-\udbff]$/.test(head) ? head.slice(0, -1) : head}…`;
}
