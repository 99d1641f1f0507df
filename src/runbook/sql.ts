/** The words with which a reading statement begins. */
const READING = ['select', 'with', 'show', 'values', 'table', 'explain'];

/** The words that make the part of a `with` a change. */
const CHANGING = new Set(['insert', 'update', 'delete', 'merge']);

/**
 * Functions that act although the transaction is read-only. Not a wall (the role's grants are that), but it
 * catches a remedy pasted where a check belongs.
 */
const ACTING =
  /^(pg_(terminate_backend|cancel_backend|reload_conf|rotate_logfile|promote|switch_wal|create_restore_point|stat_reset\w*|stat_statements_reset|(try_)?advisory_\w+|replication_slot_advance|drop_replication_slot|create_\w+_slot|logical_emit_message|wal_replay_\w+|log_\w+|file_\w+|sleep\w*|notify)|set_config|dblink\w*|lo_\w+)$/;

/** A piece of a statement that matters here; `at` is its offset. */
interface Token {
  readonly kind: 'word' | 'semicolon' | 'parameter' | 'open' | 'other' | 'unfinished';
  readonly text: string;
  readonly at: number;
}

/** What is wrong with a statement, and at which offset. */
export interface SqlFault {
  readonly at: number;
  readonly message: string;
}

/**
 * Looks whether a text is one reading statement. It will run in a read-only transaction in any case; this
 * tells the author, instead of the people in the incident.
 *
 * @returns the statement without its semicolon, or everything that is wrong with it
 */
export function readStatement(
  text: string,
): { readonly statement: string } | { readonly faults: readonly SqlFault[] } {
  const tokens = [...tokensOf(text)];
  const first = tokens.find(({ kind }) => kind !== 'open');
  if (first === undefined) return { faults: [{ at: 0, message: 'has no statement' }] };
  const faults: SqlFault[] = [];
  if (!READING.includes(first.text)) {
    const message = `must begin with ${READING.slice(0, -1).join(', ')} or ${READING.at(-1)}: a check only reads`;
    faults.push({ at: first.at, message });
  }
  const semicolon = tokens.find(({ kind }) => kind === 'semicolon');
  const second = tokens.find(({ kind, at }) => semicolon && at > semicolon.at && kind !== 'semicolon');
  if (second !== undefined) {
    faults.push({ at: second.at, message: 'is a second statement: give each a block of its own' });
  }
  tokens.forEach((token, index) => {
    const message = faultIn(token, tokens[index - 1]);
    if (message !== undefined) faults.push({ at: token.at, message });
  });
  if (faults.length > 0) return { faults };
  return { statement: text.slice(0, semicolon?.at ?? text.length).trim() };
}

function faultIn({ kind, text }: Token, before: Token | undefined): string | undefined {
  if (kind === 'unfinished') return `${text} is never closed`;
  if (kind === 'parameter') return `\`${text}\` is a parameter, and nothing fills it in`;
  if (kind !== 'word') return undefined;
  if (ACTING.test(text)) return `\`${text}\` acts on the server: a check only reads, remedies act`;
  if (CHANGING.has(text) && before?.kind === 'open') return `\`${text}\` changes data: a check only reads`;
  return undefined;
}

/** The lexical rules of PostgreSQL, as far as they tell code from quotes and comments (manual, 4.1). */
const LEXEMES =
  /(?<space>\s+|--[^\n]*)|(?<comment>\/\*)|(?<escaped>[eE]')|(?<string>')|(?<name>")|(?<dollar>\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)|(?<parameter>\$\d+)|(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)|(?<number>\d[\w.]*)|(?<semicolon>;)|(?<open>\()|(?<other>[\s\S])/y;

function* tokensOf(text: string): Generator<Token> {
  let at = 0;
  while (at < text.length) {
    LEXEMES.lastIndex = at;
    const groups = LEXEMES.exec(text)?.groups ?? {};
    const [kind, lexeme] = Object.entries(groups).find(([, found]) => found !== undefined) ?? ['other', ' '];
    const begin = at;
    at += lexeme.length;
    const end = endOfQuoted(text, kind, lexeme, at);
    if (end === undefined) {
      const what = kind === 'comment' ? 'the comment' : 'the quote';
      yield { kind: 'unfinished', text: what, at: begin };
      return;
    }
    if (kind === 'name') {
      yield { kind: 'word', text: text.slice(at, end - 1).toLowerCase(), at: begin };
    } else if (kind === 'word') {
      yield { kind, text: lexeme.toLowerCase(), at: begin };
    } else if (kind === 'semicolon' || kind === 'open' || kind === 'parameter') {
      yield { kind, text: lexeme, at: begin };
    } else if (kind !== 'space' && kind !== 'comment') {
      yield { kind: 'other', text: lexeme, at: begin };
    }
    at = end;
  }
}

/** Where what was opened ends; `from` for what needs no closing, `undefined` when it is never closed. */
function endOfQuoted(text: string, kind: string, opened: string, from: number): number | undefined {
  switch (kind) {
    case 'comment':
      return endOfComment(text, from);
    case 'string':
      return closing(text, /'(?!')|''/g, from, "'");
    case 'escaped':
      return closing(text, /\\[\s\S]|'(?!')|''/g, from, "'");
    case 'name':
      return closing(text, /"(?!")|""/g, from, '"');
    case 'dollar': {
      const end = text.indexOf(opened, from);
      return end < 0 ? undefined : end + opened.length;
    }
    default:
      return from;
  }
}

function closing(text: string, marks: RegExp, from: number, quote: string): number | undefined {
  marks.lastIndex = from;
  for (let found = marks.exec(text); found !== null; found = marks.exec(text)) {
    if (found[0] === quote) return marks.lastIndex;
  }
  return undefined;
}

/** Comments nest in PostgreSQL. */
function endOfComment(text: string, from: number): number | undefined {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = from;
  let open = 1;
  for (let found = marks.exec(text); found !== null; found = marks.exec(text)) {
    open += found[0] === '/*' ? 1 : -1;
    if (open === 0) return marks.lastIndex;
  }
  return undefined;
}
