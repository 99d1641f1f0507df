/** Text that is not JSON; the message says where it goes wrong, and nothing of what stands there. */
export class NotJson extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotJson';
  }
}

/** Lists and objects within each other; the webhooks that are read here have fewer than ten. */
export const DEEPEST = 64;

/**
 * Reads a body that should be JSON (RFC 8259: UTF-8), nested no deeper than `DEEPEST`: what looks at the value
 * later may do so by calling itself.
 * @throws NotJson naming the line and column, both from 1
 */
export function readJson(body: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new NotJson('is not UTF-8');
  }
  if (isDeeperThan(DEEPEST, text)) throw new NotJson(`is nested deeper than ${DEEPEST} levels`);
  try {
    return JSON.parse(text);
  } catch {
    throw new NotJson(`is not JSON: ${whereIn(text)}`);
  }
}

function isDeeperThan(most: number, text: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') isInString = !isInString;
    else if (isInString) at += char === '\\' ? 1 : 0;
    else if (char === '[' || char === '{') {
      depth += 1;
      if (depth > most) return true;
    } else if (char === ']' || char === '}') depth -= 1;
  }
  return false;
}

function whereIn(text: string): string {
  const at = faultIn(text) ?? text.length;
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const place = `line ${line}, column ${at - before.lastIndexOf('\n')}`;
  return at === text.length ? `it ends too early, at ${place}` : `see ${place}`;
}

const BLANKS = /[ \t\r\n]*/y;
/**
 * A string without its closing quote, so that a bad character inside is found where it stands: any
 * characters from the blank on but quote and backslash, and escapes.
 */
const STRING = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * The first character that cannot be part of JSON, counted from 0; `undefined` when all of it is JSON.
 *
 * The engine's own error names the place only sometimes, and quotes what it found. Brackets are kept
 * on a list instead of the call stack: a body of nothing but brackets must not end the process.
 */
export function faultIn(text: string): number | undefined {
  const open: ('{' | '[')[] = [];
  let wants: 'value' | 'value or ]' | 'key' | 'key or }' | 'more' = 'value';
  let at = 0;
  for (;;) {
    at = skip(BLANKS, text, at);
    const char = text[at];
    const inside = open.at(-1);
    const ends = inside === '{' ? '}' : ']';
    if (wants === 'more' && inside === undefined) return char === undefined ? undefined : at;
    if (char === undefined) return at;
    if (char === ends && (wants === 'more' || wants === `value or ]` || wants === 'key or }')) {
      open.pop();
      at += 1;
      wants = 'more';
    } else if (wants === 'more') {
      if (char !== ',') return at;
      at += 1;
      wants = inside === '{' ? 'key' : 'value';
    } else if (wants === 'key' || wants === 'key or }') {
      const end = skip(STRING, text, at);
      if (end === at || text[end] !== '"') return end;
      at = skip(BLANKS, text, end + 1);
      if (text[at] !== ':') return at;
      at += 1;
      wants = 'value';
    } else if (char === '{' || char === '[') {
      open.push(char);
      at += 1;
      wants = char === '{' ? 'key or }' : 'value or ]';
    } else if (char === '"') {
      const end = skip(STRING, text, at);
      if (text[end] !== '"') return end;
      at = end + 1;
      wants = 'more';
    } else {
      const end = skip(SCALAR, text, at);
      if (end === at) return at;
      at = end;
      wants = 'more';
    }
  }
}

/** Where a match that begins at `at` ends; `at` itself when there is none. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
