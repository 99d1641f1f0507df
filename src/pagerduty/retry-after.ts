import type { IncomingHttpHeaders } from 'node:http';

/**
 * How long PagerDuty asks to be left alone.
 *
 * `Retry-After` in seconds or as a date (RFC 9110, 10.2.3); else `ratelimit-reset` in seconds, which
 * the REST API sends with its 429 (PagerDuty, REST API rate limits).
 *
 * @param now milliseconds since 1970
 * @returns milliseconds, never negative; `undefined` when PagerDuty did not say or the value makes no sense
 */
export function retryAfterMs(headers: IncomingHttpHeaders, now: number): number | undefined {
  const asked = headers['retry-after'];
  if (asked !== undefined) return seconds(asked) ?? until(asked, now);
  const reset = headers['ratelimit-reset'];
  return typeof reset === 'string' ? seconds(reset) : undefined;
}

function seconds(text: string): number | undefined {
  return /^\s*\d{1,9}(\.\d+)?\s*$/.test(text) ? Math.round(Number(text) * 1000) : undefined;
}

function until(text: string, now: number): number | undefined {
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? undefined : Math.max(0, moment - now);
}
