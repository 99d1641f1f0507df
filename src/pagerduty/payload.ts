import { createHash } from 'node:crypto';
import { shortenDetails } from './details.ts';
import type { PagerEvent, TriggerEvent } from './event.ts';

/** Longest summary PagerDuty takes, in characters (Events API v2, "Send an alert event"). */
export const SUMMARY_LIMIT = 1024;

/** Longest dedup_key PagerDuty takes, in characters (as above). */
export const DEDUP_KEY_LIMIT = 255;

/** Largest event in bytes: PagerDuty says "512 KB", taken in its smaller meaning (Events API v2, "Size limits"). */
export const EVENT_LIMIT = 512_000;

/** No limit is stated for the other texts; this one keeps the whole far below the size limit. */
const TEXT_LIMIT = 1024;

/** An event as it goes over the wire. */
export interface WireEvent {
  readonly routing_key: string;
  readonly event_action: PagerEvent['action'];
  readonly dedup_key: string;
  readonly payload?: {
    readonly summary: string;
    readonly source: string;
    readonly severity: TriggerEvent['severity'];
    readonly timestamp?: string;
    readonly component?: string;
    readonly group?: string;
    readonly class?: string;
    readonly custom_details?: object;
  };
  readonly client?: string;
  readonly client_url?: string;
  readonly links?: readonly object[];
  readonly images?: readonly object[];
}

/**
 * The event in PagerDuty's form and within its limits: a page must not be lost for being too long.
 * Texts are cut, links and images that PagerDuty would refuse are left out, and details are shortened
 * and at last replaced by a word that says so.
 */
export function wireEvent(event: PagerEvent): WireEvent {
  const head = {
    routing_key: event.routingKey,
    event_action: event.action,
    dedup_key: fitDedupKey(event.dedupKey),
  };
  if (event.action !== 'trigger') return head;
  const details = event.customDetails;
  const bare = { ...head, ...trigger(event) };
  const full = details === undefined ? bare : withDetails(bare, details);
  if (bytes(full) <= EVENT_LIMIT) return full;
  for (const short of details === undefined ? [] : shortenDetails(details)) {
    const attempt = withDetails(bare, short);
    if (bytes(attempt) <= EVENT_LIMIT) return attempt;
  }
  const { links: _links, images: _images, ...plain } = bare;
  return withDetails(plain, { left_out: 'The details, links and images were too large for PagerDuty.' });
}

/**
 * A dedup_key of at most 255 characters. A longer one ends in its hash, so that two long keys with the
 * same beginning stay two, and the same key is always cut to the same.
 */
export function fitDedupKey(key: string): string {
  if (key.length <= DEDUP_KEY_LIMIT) return key;
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 32);
  return `${cut(key, DEDUP_KEY_LIMIT - hash.length - 1, '')}~${hash}`;
}

/** `text` in at most `limit` UTF-16 units, never ending in half a character. */
export function cut(text: string, limit: number, mark = '…'): string {
  if (text.length <= limit) return text;
  const kept = text.slice(0, limit - mark.length);
  return (/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept) + mark;
}

function trigger(event: TriggerEvent): Pick<WireEvent, 'client' | 'client_url' | 'links' | 'images'> & {
  readonly payload: NonNullable<WireEvent['payload']>;
} {
  const links = (event.links ?? []).filter((link) => isUrl(link.href, ['http:', 'https:']));
  const images = (event.images ?? []).filter((image) => isUrl(image.src, ['https:']));
  return {
    payload: {
      // PagerDuty refuses a page whose summary or source is blank: better a page that says little than none.
      summary: cut(event.summary.trim() === '' ? 'Alert without a summary' : event.summary, SUMMARY_LIMIT),
      source: cut(event.source.trim() === '' ? 'unknown source' : event.source, TEXT_LIMIT),
      severity: event.severity,
      ...(event.timestamp === undefined ? {} : { timestamp: event.timestamp }),
      ...(event.component === undefined ? {} : { component: cut(event.component, TEXT_LIMIT) }),
      ...(event.group === undefined ? {} : { group: cut(event.group, TEXT_LIMIT) }),
      ...(event.class === undefined ? {} : { class: cut(event.class, TEXT_LIMIT) }),
    },
    ...(event.client === undefined ? {} : { client: cut(event.client, TEXT_LIMIT) }),
    ...(isUrl(event.clientUrl, ['http:', 'https:']) ? { client_url: event.clientUrl } : {}),
    ...(links.length === 0 ? {} : { links }),
    ...(images.length === 0 ? {} : { images }),
  };
}

function withDetails<T extends WireEvent & { readonly payload: object }>(event: T, details: object): T {
  return { ...event, payload: { ...event.payload, custom_details: details } };
}

function isUrl(text: string | undefined, protocols: readonly string[]): text is string {
  return text !== undefined && URL.canParse(text) && protocols.includes(new URL(text).protocol);
}

/** The size on the wire; infinite for what is not JSON (a cycle, a bigint), which cannot be sent at all. */
function bytes(event: WireEvent): number {
  try {
    return Buffer.byteLength(JSON.stringify(event));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
