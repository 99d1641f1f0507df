/** What closes each bracket of PromQL. */
const CLOSES: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Strings (backquotes know no escapes), comments and brackets. */
const LEXEMES = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`|#[^\n]*|[()[\]{}"'`]/g;

/**
 * Looks whether a text can be one PromQL expression: something is there, and quotes and brackets close.
 * Whether Prometheus takes it, only Prometheus can say.
 *
 * @returns the expression without comments, on one line; or what is wrong and at which offset
 */
export function readExpression(
  text: string,
): { readonly expression: string } | { readonly at: number; readonly message: string } {
  const open: { readonly bracket: string; readonly at: number }[] = [];
  let expression = '';
  let done = 0;
  for (const { 0: lexeme, index } of text.matchAll(LEXEMES)) {
    expression = joined(expression, text.slice(done, index));
    done = index + lexeme.length;
    if (lexeme.startsWith('#')) continue;
    expression += lexeme;
    if (lexeme.length > 1) continue;
    if (Object.hasOwn(CLOSES, lexeme)) {
      open.push({ bracket: lexeme, at: index });
    } else if (/["'`]/.test(lexeme)) {
      return { at: index, message: 'the quote is never closed' };
    } else {
      const last = open.pop();
      if (last === undefined || CLOSES[last.bracket] !== lexeme) {
        return { at: index, message: `\`${lexeme}\` closes nothing` };
      }
    }
  }
  const unclosed = open.at(-1);
  if (unclosed !== undefined) return { at: unclosed.at, message: `\`${unclosed.bracket}\` is never closed` };
  expression = joined(expression, text.slice(done)).trim();
  return expression === '' ? { at: 0, message: 'has no expression' } : { expression };
}

/** Runs of white space become one blank, also where a comment was taken out of their middle. */
function joined(before: string, code: string): string {
  const line = code.replaceAll(/\s+/g, ' ');
  return before + (before.endsWith(' ') ? line.trimStart() : line);
}
