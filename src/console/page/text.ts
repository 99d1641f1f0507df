import { isObject } from '../slack/types.ts';
import { withEmoji } from './emoji.ts';

/** A plain_text object's words, with Slack's three escapes undone and emoji in place of their names. */
export function plainText(text: unknown): string {
  if (!isObject(text) || typeof text.text !== 'string') return '';
  const words = text.text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  return withEmoji(words);
}
