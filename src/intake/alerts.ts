import { createHash } from 'node:crypto';
import type { Alert } from '../incident/alerts.ts';
import type { NotifiedAlert } from './alertmanager-schema.ts';

/** Of a label's or an annotation's value no more than this is stored, in bytes of UTF-8. */
export const LONGEST_VALUE_BYTES = 4 * 1024;

/** A longer key of an incident is replaced by its digest. */
const LONGEST_KEY = 200;

/** What Alertmanager sends: the 64-bit hash of the labels in hexadecimal. Others may name theirs as they like. */
const FINGERPRINT = /^[0-9A-Za-z][\w.-]{0,63}$/;

/**
 * What PostgreSQL takes in no text: the character NUL, and half a surrogate pair. JSON can hold both,
 * and a notification that the store refuses would be sent again and again.
 */
const UNSTORABLE = /[\0\p{Surrogate}]/gu;

/** An alert as an incident takes it: times in UTC, texts that can be stored, Go's zero time left out. */
export function alertOf(sent: NotifiedAlert): Alert {
  const endsAt = timeOf(sent.endsAt);
  const link = linkOf(sent.generatorURL);
  return {
    fingerprint: fingerprintOf(sent.fingerprint),
    status: sent.status,
    labels: textsOf(sent.labels),
    annotations: textsOf(sent.annotations ?? {}),
    startsAt: new Date(sent.startsAt).toISOString(),
    ...(endsAt === undefined ? {} : { endsAt }),
    ...(link === undefined ? {} : { generatorURL: link }),
  };
}

/** The key of the incident that the alerts of a group belong to while they match no pool. */
export function groupKeyOf(groupKey: string): string {
  const key = `group:${groupKey}`;
  return key.length > LONGEST_KEY || key !== storable(key) ? `group:sha256:${digest(groupKey)}` : key;
}

function textsOf(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, value]) => [capped(name), capped(value)]));
}

/** A name that objects have by themselves, e.g. `constructor`, must not be found where alerts are looked up. */
function fingerprintOf(sent: string): string {
  return FINGERPRINT.test(sent) && !(sent in {}) ? sent : digest(sent).slice(0, 16);
}

function timeOf(sent: string | null | undefined): string | undefined {
  const at = sent === null || sent === undefined ? Number.NaN : Date.parse(sent);
  return at >= 0 ? new Date(at).toISOString() : undefined;
}

/** Only what a browser opens as a page may become a link. */
function linkOf(sent: string | null | undefined): string | undefined {
  if (sent === null || sent === undefined || !/^https?:\/\//i.test(sent) || !URL.canParse(sent))
    return undefined;
  return Buffer.byteLength(sent) > LONGEST_VALUE_BYTES ? undefined : storable(sent);
}

function capped(text: string): string {
  const clean = storable(text);
  if (Buffer.byteLength(clean) <= LONGEST_VALUE_BYTES) return clean;
  const bytes = Buffer.from(clean);
  let end = LONGEST_VALUE_BYTES - Buffer.byteLength('…');
  // Not in the middle of a character: bytes 10xxxxxx continue one.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.toString('utf8', 0, end)}…`;
}

function storable(text: string): string {
  return text.replace(UNSTORABLE, '\ufffd');
}

function digest(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
