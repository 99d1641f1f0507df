import { type Document, LineCounter, parseDocument, visit, type YAMLError } from 'yaml';
import type { Path } from './fault.ts';
import { offsetOf, pathAt } from './locate.ts';

/** What was read from a YAML text. */
export interface YamlText {
  /** Plain data without cycles; `undefined` when the text is not YAML. An empty text is an empty mapping. */
  readonly value: unknown;
  readonly faults: readonly { readonly path: Path; readonly line: number; readonly message: string }[];
  /** The line, from 1, of the key or list item at `path`, or of what comes nearest to it. */
  lineOf(path: Path): number;
}

/** Deeper nesting than this is nobody's configuration. */
const DEEPEST = 32;

/** Not in any text: Unicode keeps them for a program's own use. They stand for the braces of `${NAME}`. */
const OPEN = '\uFDD0';
const CLOSE = '\uFDD1';

/**
 * Reads YAML 1.2, with `<<` merges, and keeps the lines. Unquoted, `${NAME}` may stand inside of `{ … }` and
 * `[ … ]` too, where YAML itself would take its braces for a mapping.
 *
 * Throws nothing: what is wrong is in `faults`. Their messages are in words of our own, since the library's
 * quote the text, and a secret may be part of it.
 */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  // The same length as before, so that every offset and line stays true.
  const guarded = text.replaceAll(/\$\{([^{}\s,]*)\}/g, `$${OPEN}$1${CLOSE}`);
  const document = parseDocument(guarded, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    merge: true,
    logLevel: 'error',
  });
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  const lineOf = (path: Path): number => lineAt(offsetOf(document, path));

  const problems = [...document.errors, ...document.warnings, ...unknownAliases(document)];
  const faults = onePerLine(
    problems.map(({ code, pos }) => ({
      path: pathAt(document, pos[0]),
      line: lineAt(pos[0]),
      message: SYNTAX[code] ?? 'this is not YAML',
    })),
  );
  // A key given twice leaves the rest readable, so its faults can be told in the same breath.
  if (problems.some(({ code }) => code !== 'DUPLICATE_KEY')) return { value: undefined, faults, lineOf };
  try {
    return { value: plain(document.toJS() ?? {}, []), faults, lineOf };
  } catch {
    // What is left: aliases that multiply, a list that holds itself, or endless depth.
    return {
      value: undefined,
      faults: [
        ...faults,
        { path: [], line: 1, message: 'nests too deep, or repeats itself by its own aliases' },
      ],
      lineOf,
    };
  }
}

/** Copies plain data, with the braces of `${NAME}` back in their place. Throws when it nests too deep. */
function plain(value: unknown, above: readonly object[]): unknown {
  if (typeof value === 'string') return value.replaceAll(OPEN, '{').replaceAll(CLOSE, '}');
  if (typeof value !== 'object' || value === null) return value;
  if (above.length >= DEEPEST || above.includes(value)) throw new RangeError('nests too deep');
  const inside = (inner: unknown): unknown => plain(inner, [...above, value]);
  if (Array.isArray(value)) return value.map(inside);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [plain(key, []), inside(inner)]));
}

function unknownAliases(document: Document): Pick<YAMLError, 'code' | 'pos'>[] {
  const unknown: Pick<YAMLError, 'code' | 'pos'>[] = [];
  visit(document, {
    Alias(_, alias) {
      const start = alias.range?.[0] ?? 0;
      if (alias.resolve(document) === undefined) unknown.push({ code: 'BAD_ALIAS', pos: [start, start] });
    },
  });
  return unknown;
}

/** One slip of the pen often breaks several rules of YAML: the first on its line is the one to mend. */
function onePerLine<F extends { readonly line: number }>(faults: readonly F[]): F[] {
  const sorted = [...faults].sort((one, other) => one.line - other.line);
  return sorted.filter((fault, index) => fault.line !== sorted[index - 1]?.line);
}

const SYNTAX: Partial<Record<YAMLError['code'], string>> = {
  BAD_ALIAS:
    'an alias (`*name`) needs an anchor (`&name`) before it; put a value that begins with * in quotes',
  BAD_DQ_ESCAPE: 'there is no such escape in double quotes: write \\\\ for a backslash, or use single quotes',
  BAD_INDENT: 'the indentation or a closing bracket is not right: keys of one mapping begin in one column',
  BAD_SCALAR_START: 'a value that begins with @, ` or % must be in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second `key: value` on one line: put a value that contains `: ` in quotes',
  BLOCK_IN_FLOW: 'inside of { } and [ ] neither `- item` nor an indented mapping can stand',
  DUPLICATE_KEY: 'is given twice: keep one of them',
  MISSING_CHAR: 'something is missing here: a closing quote, a comma, or a `:` with a space after it',
  MULTIPLE_DOCS: 'a second document begins here (`---`): one file holds one configuration',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line with its `:`',
  NON_STRING_KEY: 'a key must be plain text',
  RESOURCE_EXHAUSTION: 'nests too deep',
  TAB_AS_INDENT: 'tabs cannot indent YAML: use spaces',
  TAG_RESOLVE_FAILED: 'there is no such tag; put a value that begins with ! in quotes',
  UNEXPECTED_TOKEN: 'this cannot stand here: a bracket, quote or comma is missing or one too many',
};
