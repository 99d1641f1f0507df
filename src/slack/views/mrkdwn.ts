import type { PersonRef } from '../../incident/people.ts';

export { duration } from '../../incident/words.ts';

/**
 * Text from outside made harmless in mrkdwn: no mention, no link, no channel can be forged, since
 * Slack reads all of these from `<…>`. https://docs.slack.dev/messaging/formatting-message-text
 */
export function neutral(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Outside text inside a line: one line, escaped. Its own `*` may make it bold; it cannot reach beyond that. */
export function plain(text: string, max = 300): string {
  return neutral(cut(text.replace(/\s+/g, ' ').trim(), max));
}

/** Fallback text: Slack reads mentions and links from it as well, so outside text in it is escaped too; never empty. */
export function fallback(text: string): string {
  return plain(text, 500) || 'Lifeguard';
}

/** Outside text as code: no backtick of its own can end it. */
export function code(text: string, max = 300): string {
  const inner = neutral(cut(text.replace(/\s+/g, ' ').replaceAll('`', 'ˋ').trim(), max));
  return inner === '' ? '' : `\`${inner}\``;
}

/** A block of code, e.g. a query. */
export function codeBlock(text: string, max = 1_000): string {
  return `\`\`\`${neutral(cut(text.replaceAll('`', 'ˋ'), max))}\`\`\``;
}

/** Cut to `max` characters with an ellipsis, never through a character. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = max - 1;
  const code = text.charCodeAt(end - 1);
  return `${text.slice(0, code >= 0xd800 && code <= 0xdbff ? end - 1 : end)}…`;
}

/** The same for text that is mrkdwn already: half an escape or half a `<…>` is left out whole. */
export function cutMarked(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${cut(text, max)
    .slice(0, -1)
    .replace(/&[a-z]{0,4}$|<[^<>]*$/, '')}…`;
}

/** A person as the thread names them: a mention for people of Slack, a name for others. */
export function person(ref: PersonRef): string {
  if (ref.via === 'slack' && /^[UW][A-Z0-9]+$/.test(ref.id)) return `<@${ref.id}>`;
  if (ref.via === 'system') return 'Lifeguard';
  return plain(ref.name ?? ref.id, 80);
}

/** Those who are to be woken: ids of Slack users and groups, `here` or `channel`, as Slack calls them. */
export function calls(whom: readonly string[]): string {
  return whom
    .map((one) => {
      if (one === 'here' || one === 'channel') return `<!${one}>`;
      return one.startsWith('S') ? `<!subteam^${one}>` : `<@${one}>`;
    })
    .join(' ');
}

/**
 * A moment in the reader's own time zone, with UTC for clients that cannot.
 * https://docs.slack.dev/messaging/formatting-message-text#date-formatting
 */
export function time(iso: string | number): string {
  const ms = typeof iso === 'number' ? iso : Date.parse(iso);
  const utc = `${new Date(ms).toISOString().slice(11, 19)} UTC`;
  return `<!date^${Math.floor(ms / 1_000)}^{time_secs}|${utc}>`;
}

/** A per cent figure as people say it. */
export function percent(value: number): string {
  return `${Math.round(value)} %`;
}

/** A link whose text and address are both checked; the bare text when the address is not http(s). */
export function link(url: string, text: string): string {
  if (!/^https?:\/\/[^\s|<>]+$/.test(url)) return neutral(text);
  return `<${url}|${neutral(text).replaceAll('|', '¦')}>`;
}

/** A list stays this far below Slack's limit of a section, so that what stands beside it fits too. */
const LIST_CHARS = 2_300;

/** Outside text as a list, a line each; where it grows too long or has more than `most` lines, it says how many are left out. */
export function bullets(lines: readonly string[], most = lines.length): string {
  const shown: string[] = [];
  let length = 0;
  for (const line of lines.slice(0, most)) {
    const bullet = `• ${plain(line, 400)}`;
    length += bullet.length + 1;
    if (length > LIST_CHARS) break;
    shown.push(bullet);
  }
  const left = lines.length - shown.length;
  return left === 0 ? shown.join('\n') : [...shown, `and ${left} more`].join('\n');
}
