import { backoffMs, type RetryTable } from '../effects/backoff.ts';
import type { Logger } from '../observe/log.ts';
import type { PagerEvent } from '../pagerduty/event.ts';
import type { Outcome } from '../pagerduty/events.ts';
import { Quiet } from '../pagerduty/patience.ts';

/** Between two tries of a page: at the next look first, and never slower than once a minute. */
const TRIES: RetryTable = { minMs: 10_000, maxMs: 60_000, factor: 2 };

/** A key that is refused is refused again, until somebody mends it. */
const AFTER_REFUSAL_MS = 5 * 60_000;

/** How somebody is paged about Lifeguard itself. */
export interface Page {
  readonly routingKey: string;
  readonly fallbackRoutingKey?: string;
}

export interface OwnPagesOptions {
  /** Tells this installation's pages from those of another: all its replicas have the same. */
  readonly installation: string;
  /** Sends one event to PagerDuty, past the queue and the store, which may be what is down. Never rejects. */
  readonly send: (event: PagerEvent) => Promise<Outcome>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random?: () => number;
  readonly log: Pick<Logger, 'error'>;
}

/** Of one part's page: how often it was tried in vain, and when it may be tried again. */
interface Wait {
  readonly tries: number;
  readonly until: number;
}

/**
 * The pages about Lifeguard's own parts. They are tried again in memory alone, since the store and the queue
 * may be what is down: ever more slowly, and by no key before the time that PagerDuty names for it.
 */
export class OwnPages {
  readonly #options: OwnPagesOptions;
  readonly #quiet: Quiet;
  readonly #waits = new Map<string, Wait>();

  constructor(options: OwnPagesOptions) {
    this.#options = options;
    this.#quiet = new Quiet(options.now);
  }

  /**
   * Pages about a part, by the second key where the first is not taken. @returns whether PagerDuty has it;
   * `undefined` when it is not yet time to try again
   */
  async trigger(part: string, page: Page, trouble: string): Promise<boolean | undefined> {
    return this.#try(`trigger ${part}`, async () => {
      const event = {
        action: 'trigger',
        dedupKey: this.key(part),
        summary: `Lifeguard itself: ${part}: ${trouble}`,
        source: 'lifeguard',
        component: part,
        class: 'Watchdog',
        severity: 'critical',
      } as const;
      const outcomes: Outcome[] = [];
      for (const routingKey of keysOf(page)) {
        const outcome = await this.#send({ ...event, routingKey });
        if (outcome.kind === 'accepted') return [outcome];
        this.#options.log.error({ part, why: outcome.message }, 'the page about Lifeguard was not taken');
        outcomes.push(outcome);
      }
      return outcomes;
    });
  }

  /** Takes the page about a part back, by every key that may have it. @returns as {@link trigger} */
  async resolve(part: string, page: Page): Promise<boolean | undefined> {
    this.#waits.delete(`trigger ${part}`);
    return this.#try(`resolve ${part}`, async () => {
      const event = { action: 'resolve', dedupKey: this.key(part) } as const;
      const outcomes = await Promise.all(
        keysOf(page).map((routingKey) => this.#send({ ...event, routingKey })),
      );
      // A key that is refused has no page to be taken back.
      return outcomes.filter(({ kind }) => kind !== 'refused');
    });
  }

  /** @param attempt gives what became of it; nothing but `accepted` means that it is done */
  async #try(what: string, attempt: () => Promise<readonly Outcome[]>): Promise<boolean | undefined> {
    const { now, random = Math.random } = this.#options;
    const before = this.#waits.get(what);
    if (before !== undefined && now() < before.until) return undefined;
    const outcomes = await attempt();
    const left = outcomes.filter(({ kind }) => kind !== 'accepted');
    if (left.length === 0) {
      this.#waits.delete(what);
      return true;
    }
    const tries = (before?.tries ?? 0) + 1;
    const asked = left.flatMap((one) => (one.kind === 'retry' ? (one.afterMs ?? []) : []));
    const isRefused = left.every(({ kind }) => kind === 'refused');
    const waitMs = isRefused ? AFTER_REFUSAL_MS : backoffMs(tries, random(), TRIES);
    // Where PagerDuty names a time for every key there is nothing to be tried before the first of them.
    const until = now() + (asked.length === left.length ? Math.min(...asked) : waitMs);
    this.#waits.set(what, { tries, until });
    return false;
  }

  async #send(event: PagerEvent): Promise<Outcome> {
    const left = this.#quiet.left(event.routingKey);
    if (left !== undefined) {
      return { kind: 'retry', status: 429, afterMs: left, message: 'PagerDuty asked to be left alone' };
    }
    const outcome = await this.#options.send(event);
    if (outcome.kind === 'retry' && outcome.afterMs !== undefined) {
      this.#quiet.ask(event.routingKey, outcome.afterMs);
    }
    return outcome;
  }

  /** The `dedup_key` of the page about a part, the same for all replicas. */
  key(part: string): string {
    return `lifeguard-${this.#options.installation}-${part}`;
  }
}

function keysOf({ routingKey, fallbackRoutingKey }: Page): readonly string[] {
  return fallbackRoutingKey === undefined ? [routingKey] : [routingKey, fallbackRoutingKey];
}
