import { z } from 'zod';
import { readJson } from './json.ts';

/** A notification that is not one; the message names each field with its path and what it must be. */
export class MalformedNotification extends Error {
  constructor(faults: readonly string[]) {
    super(faults.join('; '));
    this.name = 'MalformedNotification';
  }
}

/** So many faults are named in one answer; the rest would only repeat them. */
const MOST_FAULTS = 5;

/** A key in a path is cut to this many characters: keys are the sender's to choose. */
const LONGEST_KEY = 60;

/** The version of the webhook's body (Alertmanager, `webhook_config`). */
const VERSION = '4';

const must = (text: string) => ({ error: `must be ${text}` });

/** Go writes its zero time, in the year 1, for a time that is not set. (What is no time at all was refused before.) */
const isSet = (time: string) => !(Date.parse(time) < 0);

const time = z.iso.datetime({ offset: true, ...must('an RFC 3339 time') });

const texts = z.record(z.string(), z.string(must('a string')), must('an object of strings'));

const status = z.enum(['firing', 'resolved'], must('"firing" or "resolved"'));

const alert = z.object(
  {
    status,
    labels: texts,
    annotations: texts.nullish(),
    startsAt: time.refine(isSet, must('the time at which the alert began, 1970 or later')),
    endsAt: time.nullish(),
    generatorURL: z.string(must('a string')).nullish(),
    fingerprint: z.string(must('a string')).min(1, must('a string that is not empty')),
  },
  must('an object'),
);

const notification = z.object(
  {
    status,
    groupKey: z.string(must('a string')).min(1, must('a string that is not empty')),
    truncatedAlerts: z.number(must('a number')).nullish(),
    alerts: z.array(alert, must('a list of alerts')).min(1, must('a list with at least one alert')),
  },
  must('an object'),
);

/** A notification of Alertmanager, as far as it is read; everything else in it is accepted and dropped. */
export type Notification = z.infer<typeof notification>;

/** One alert of a notification, as it was sent. */
export type NotifiedAlert = z.infer<typeof alert>;

/**
 * Reads the body of a webhook of version 4.
 * @throws MalformedNotification naming what is wrong by its path, e.g. `alerts[0].startsAt`
 * @throws NotJson when it is not even JSON
 */
export function readNotification(body: Uint8Array): Notification {
  const value = readJson(body);
  // Of another version nothing is where it is expected: only the version is worth naming.
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const version = 'version' in value ? value.version : undefined;
    if (version !== VERSION) throw new MalformedNotification([wrongVersion(version)]);
  }
  const result = notification.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.slice(0, MOST_FAULTS);
  throw new MalformedNotification(faults.map((issue) => `${pathOf(issue.path)}: ${issue.message}`));
}

/** Says what it is only of plain values: to write out a value as deep as the sender likes is a risk. */
function wrongVersion(version: unknown): string {
  const plain = typeof version === 'string' || typeof version === 'number';
  const found =
    version === undefined ? 'is missing' : plain ? `is ${shortened(JSON.stringify(version))}` : 'is no text';
  return `version: must be "${VERSION}", the version of Alertmanager's webhook; it ${found}`;
}

function pathOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'body';
  return path.reduce<string>((before, key) => {
    if (typeof key === 'number') return `${before}[${key}]`;
    const name = String(key);
    if (!/^[A-Za-z_]\w*$/.test(name) || name.length > LONGEST_KEY) {
      return `${before}[${shortened(JSON.stringify(name))}]`;
    }
    return before === '' ? name : `${before}.${name}`;
  }, '');
}

function shortened(text: string): string {
  return text.length <= LONGEST_KEY ? text : `${text.slice(0, LONGEST_KEY)}…`;
}
