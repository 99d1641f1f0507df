import { CANNOT_CONNECT_NOW, TOO_MANY_CONNECTIONS } from './faults.ts';

/** From a blink to at most 5 s: the server may be back any moment, and one try costs it a fork. */
const REOPEN = { minMs: 250, maxMs: 5_000, factor: 2 } as const;
/** The server is there, only full or starting: a slot is won by who asks often. */
const SOON_MS = 500;
const SOON: readonly string[] = [TOO_MANY_CONNECTIONS, CANNOT_CONNECT_NOW];

/**
 * How long to wait before the next try to connect, in milliseconds: between half and all of an exponential
 * wait, so that many who lost the server at once do not come back at once.
 *
 * `failures` counts the tries that failed in a row, from 1; `code` is the last one's; `random` lies in [0, 1).
 */
export function reopenInMs(failures: number, code: string, random: number): number {
  const exponential = REOPEN.minMs * REOPEN.factor ** (failures - 1);
  const full = SOON.includes(code) ? SOON_MS : Math.min(REOPEN.maxMs, exponential);
  return full * (0.5 + 0.5 * random);
}
