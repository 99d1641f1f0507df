import { createHash, randomBytes } from 'node:crypto';

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const ID_LENGTH = 10;

function spell(bytes: Buffer): string {
  let id = '';
  for (const byte of bytes.subarray(0, ID_LENGTH)) id += LETTERS[byte % LETTERS.length];
  return id;
}

/**
 * An id that is always the same for the same name, so that a link to a channel still works after a restart
 * without a journal.
 * @param prefix Slack's letter for the kind of thing: C, D, U, F, V
 */
export function steadyId(prefix: string, name: string): string {
  return prefix + spell(createHash('sha256').update(`${prefix}:${name}`).digest());
}

/** An id nobody can guess, with Slack's letter for the kind of thing in front. */
export function freshId(prefix: string): string {
  return prefix + spell(randomBytes(ID_LENGTH));
}

/** Four or five letters like those Slack gives to a block or an action that came without an id. */
export function shortId(): string {
  return randomBytes(4).toString('base64url').slice(0, 5);
}

const MICROSECONDS_PER_SECOND = 1_000_000;
const MICROSECONDS_PER_MILLISECOND = 1_000;

/**
 * Gives message timestamps: "1699999999.000100", the second and six digits, each greater than the last even
 * when the clock stands still or goes back.
 */
export class TimestampClock {
  #last = 0;
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The next timestamp. */
  next(): string {
    this.#last = Math.max(this.#last + 1, Math.floor(this.#now() * MICROSECONDS_PER_MILLISECOND));
    const seconds = Math.floor(this.#last / MICROSECONDS_PER_SECOND);
    return `${seconds}.${String(this.#last % MICROSECONDS_PER_SECOND).padStart(6, '0')}`;
  }

  /** Never gives anything at or below this timestamp again: called for every one found in the journal. */
  passed(ts: string): void {
    this.#last = Math.max(this.#last, microseconds(ts));
  }
}

/** A timestamp as a whole number of microseconds; 0 when it is not one. */
export function microseconds(ts: string): number {
  const [seconds = '', fraction = ''] = ts.split('.');
  const value = Number(seconds) * MICROSECONDS_PER_SECOND + Number(fraction.padEnd(6, '0').slice(0, 6));
  return Number.isFinite(value) ? value : 0;
}

/** True for what Slack accepts as a message's timestamp. */
export function isTimestamp(ts: string): boolean {
  return /^\d{1,12}\.\d{6}$/.test(ts);
}
