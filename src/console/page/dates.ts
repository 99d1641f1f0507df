/** Slack's date tokens (docs.slack.dev/messaging/formatting-message-text, "date formatting"), in local time. */

const MILLISECONDS_PER_SECOND = 1_000;
const SECONDS_PER_DAY = 86_400;

type Tokens = { readonly [token: string]: (date: Date, now: Date) => string };

function local(options: Intl.DateTimeFormatOptions): (date: Date) => string {
  return (date) => new Intl.DateTimeFormat(undefined, options).format(date);
}

const longDate = local({ weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' });
const shortDate = local({ year: 'numeric', month: 'short', day: 'numeric' });
const plainDate = local({ year: 'numeric', month: 'long', day: 'numeric' });

/** "Today", "Yesterday", "Tomorrow", or the date in the given form. */
function pretty(form: (date: Date) => string): (date: Date, now: Date) => string {
  return (date, now) => {
    const midnight = (day: Date): number => Date.UTC(day.getFullYear(), day.getMonth(), day.getDate());
    const days = Math.round((midnight(date) - midnight(now)) / (SECONDS_PER_DAY * MILLISECONDS_PER_SECOND));
    return days === 0 ? 'Today' : days === -1 ? 'Yesterday' : days === 1 ? 'Tomorrow' : form(date);
  };
}

const UNITS = [
  ['day', SECONDS_PER_DAY],
  ['hour', 3_600],
  ['minute', 60],
] as const;

function ago(date: Date, now: Date): string {
  const seconds = Math.round((date.getTime() - now.getTime()) / MILLISECONDS_PER_SECOND);
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return words.format(Math.round(seconds / size), unit);
  }
  return words.format(seconds, 'second');
}

const TOKENS: Tokens = {
  date_num: (date) =>
    [date.getFullYear(), date.getMonth() + 1, date.getDate()]
      .map((part) => String(part).padStart(2, '0'))
      .join('-'),
  date: plainDate,
  date_slash: local({ year: 'numeric', month: '2-digit', day: '2-digit' }),
  date_long: longDate,
  date_long_full: plainDate,
  date_short: shortDate,
  date_pretty: pretty(plainDate),
  date_long_pretty: pretty(longDate),
  date_short_pretty: pretty(shortDate),
  time: local({ hour: '2-digit', minute: '2-digit' }),
  time_secs: local({ hour: '2-digit', minute: '2-digit', second: '2-digit' }),
  ago,
};

/**
 * A Slack date in words.
 * @param timestamp seconds since 1970
 * @param format such as `{date_short_pretty} at {time}`
 * @returns the fallback when the timestamp is no number
 */
export function formatDate(timestamp: string, format: string, fallback: string, now = new Date()): string {
  const date = new Date(Number(timestamp) * MILLISECONDS_PER_SECOND);
  if (Number.isNaN(date.getTime())) return fallback;
  return format.replaceAll(/\{(\w+)\}/g, (whole, token: string) => TOKENS[token]?.(date, now) ?? whole);
}

/** A message's time as shown beside its author, and in full for those who hover or listen. */
export function messageTime(ts: string): {
  readonly short: string;
  readonly full: string;
  readonly iso: string;
} {
  const date = new Date(Number(ts) * MILLISECONDS_PER_SECOND);
  return {
    short: TOKENS.time?.(date, date) ?? '',
    full: `${longDate(date)}, ${TOKENS.time_secs?.(date, date) ?? ''}`,
    iso: date.toISOString(),
  };
}
