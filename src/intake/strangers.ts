import { isIPv6 } from 'node:net';

/** So many refusals of one peer are answered and logged one by one in a window. */
export const MOST_REFUSALS = 20;

/** Milliseconds after which a peer begins anew. */
export const WINDOW_MS = 60_000;

/** More peers are not kept apart: whoever has that many addresses is not to fill our memory with them. */
const MOST_PEERS = 10_000;

/** What a further refusal of a peer means. */
export interface Verdict {
  /** It has had its number: it is told to wait, and nothing more of it is logged. */
  readonly isFlood: boolean;
  /** It has it with this refusal: worth one line in the log. */
  readonly isFirstOfFlood: boolean;
  /** Seconds until it begins anew, for `Retry-After`. */
  readonly waitSeconds: number;
}

/**
 * Counts, for each peer address, the requests that had to be refused because nobody knows who sent them.
 *
 * Only refusals are counted, and only a request that is refused anyway is ever told to wait: Alertmanager may come
 * through the same proxy as whoever floods us, and takes every 4xx for final. So a flood costs no more than a look
 * at its headers, fills no log, and keeps no real alert out.
 */
export class Strangers {
  readonly #now: () => number;
  readonly #seen = new Map<string, { count: number; readonly since: number }>();

  /** @param now milliseconds, from any moment on */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Counts one refusal of a peer. @param peer its IP address; an unknown one counts as one peer */
  refused(peer: string | undefined): Verdict {
    const key = neighbourhood(peer ?? '');
    const now = this.#now();
    let seen = this.#seen.get(key);
    if (seen === undefined || now - seen.since >= WINDOW_MS) {
      this.#seen.delete(key);
      if (this.#seen.size >= MOST_PEERS) this.#forget(now);
      seen = { count: 0, since: now };
      this.#seen.set(key, seen);
    }
    seen.count += 1;
    return {
      isFlood: seen.count > MOST_REFUSALS,
      isFirstOfFlood: seen.count === MOST_REFUSALS + 1,
      waitSeconds: Math.max(1, Math.ceil((seen.since + WINDOW_MS - now) / 1_000)),
    };
  }

  /** Makes room: those whose window is over, or else the one that began first. A map keeps the order. */
  #forget(now: number): void {
    for (const [key, { since }] of this.#seen) {
      if (now - since < WINDOW_MS && this.#seen.size < MOST_PEERS) return;
      this.#seen.delete(key);
    }
  }
}

/** Of IPv6 the network: one machine has 2^64 addresses in its own (RFC 4291, interface identifiers). */
function neighbourhood(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [front = '', back] = address.split('::', 2);
  const groups = front === '' ? [] : front.split(':');
  const behind = back === undefined || back === '' ? [] : back.split(':');
  const zeros = back === undefined ? 0 : 8 - groups.length - behind.length;
  return [...groups, ...Array<string>(Math.max(0, zeros)).fill('0'), ...behind].slice(0, 4).join(':');
}
