import { flag, keys, object, type Problems, string } from './problems.ts';

/** Which of Slack's two kinds of text a place takes. */
export type TextKind = 'plain_text' | 'mrkdwn';

/** Where plain words alone are taken: buttons, headers, titles, labels. */
export const PLAIN: readonly TextKind[] = ['plain_text'];

/** Where both kinds are taken. */
export const ANY_TEXT: readonly TextKind[] = ['plain_text', 'mrkdwn'];

/** A text object; nothing passes. Empty text is refused. */
export function text(
  problems: Problems,
  value: unknown,
  pointer: string,
  kinds: readonly TextKind[],
  max: number,
): void {
  if (value === undefined) return;
  const found = object(problems, value, pointer);
  if (found === undefined) return;
  const kind = found.type;
  if (kind !== 'plain_text' && kind !== 'mrkdwn') {
    problems.add(`${pointer}/type`, `unsupported type: ${String(kind)}`);
    return;
  }
  if (!kinds.includes(kind)) {
    problems.add(`${pointer}/type`, `must be ${kinds.join(' or ')}`);
    return;
  }
  keys(problems, found, pointer, ['type', 'text'], kind === 'plain_text' ? ['emoji'] : ['verbatim']);
  string(problems, found.text, `${pointer}/text`, { max });
  flag(problems, found.emoji, `${pointer}/emoji`);
  flag(problems, found.verbatim, `${pointer}/verbatim`);
}
