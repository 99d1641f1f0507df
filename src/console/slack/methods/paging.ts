import type { Arguments } from '../arguments.ts';
import { SlackError } from '../errors.ts';
import { microseconds } from '../identifiers.ts';
import type { Message } from '../types.ts';

/** One page of a list, and the cursor of the next. */
interface Page<T> {
  readonly items: readonly T[];
  /** What Slack puts into `response_metadata`; an empty cursor ends the list. */
  readonly next: string;
}

const MAX_LIMIT = 1_000;

/**
 * Cuts a page out of a list by `limit` and `cursor`.
 * @throws SlackError invalid_limit, invalid_cursor
 */
export function page<T>(items: readonly T[], args: Arguments, defaultLimit: number): Page<T> {
  const limit = Math.min(args.number('limit', defaultLimit), MAX_LIMIT);
  const cursor = args.text('cursor');
  const start = cursor === undefined ? 0 : readCursor(cursor);
  const end = start + limit;
  return {
    items: items.slice(start, end),
    next: end < items.length ? Buffer.from(`next:${end}`).toString('base64') : '',
  };
}

function readCursor(cursor: string): number {
  const match = /^next:(\d+)$/.exec(Buffer.from(cursor, 'base64').toString('utf8'));
  if (match === null) throw new SlackError('invalid_cursor');
  return Number(match[1]);
}

/**
 * Keeps what lies between `oldest` and `latest`, the ends themselves only with `inclusive`.
 * @throws SlackError invalid_ts_oldest, invalid_ts_latest
 */
export function between(messages: readonly Message[], args: Arguments): Message[] {
  const oldest = bound(args, 'oldest', 0);
  const latest = bound(args, 'latest', Number.POSITIVE_INFINITY);
  const inclusive = args.flag('inclusive');
  return messages.filter(({ ts }) => {
    const at = microseconds(ts);
    return (at > oldest && at < latest) || (inclusive && (at === oldest || at === latest));
  });
}

function bound(args: Arguments, name: 'oldest' | 'latest', fallback: number): number {
  const given = args.text(name);
  if (given === undefined || given === '0') return fallback;
  if (!/^\d+(\.\d+)?$/.test(given)) throw new SlackError(`invalid_ts_${name}`);
  return microseconds(given);
}
