import type { Budgets } from '../store/budgets.ts';

/** What begins to wait at about the same time is looked at together. */
const GATHER_MS = 20;

/** In a crowd it is looked no more often: each look asks the store. */
const BETWEEN_MS = 100;

/** While some wait, it is looked at least so often: another replica may have made room, or gone. */
const LONGEST_SLEEP_MS = 1_000;

export interface TurnstileOptions {
  readonly budgets: Pick<Budgets, 'grant' | 'nextInMs'>;
  /** Hands over effects whose turn has come. */
  readonly dispatch: (ids: readonly string[]) => Promise<void>;
  /** Looks at what waits: told before anybody is let through. */
  readonly onCrowd?: () => Promise<void>;
  readonly onError: (error: Error) => void;
}

/**
 * Lets effects through that wait for a budget, one at a time: the most urgent first, and among those the
 * one that came first. Sleeps while nobody waits, until it is told that someone does.
 *
 * Who waits and whose turn it is stand in the store: any number of turnstiles may run, and one that dies
 * leaves nothing behind.
 */
export class Turnstile {
  readonly #options: TurnstileOptions;
  #timer: NodeJS.Timeout | undefined;
  #nextAt = Number.POSITIVE_INFINITY;
  #lastAt = Number.NEGATIVE_INFINITY;
  #turning: Promise<void> | undefined;
  #stopped = false;

  constructor(options: TurnstileOptions) {
    this.#options = options;
  }

  /** Someone waits. */
  nudge(): void {
    this.#schedule(Math.max(GATHER_MS, this.#lastAt + BETWEEN_MS - performance.now()));
  }

  /** Lets nobody through any more, and waits for a turn under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#turning;
  }

  #schedule(ms: number): void {
    const at = performance.now() + ms;
    if (this.#stopped || at >= this.#nextAt) return;
    clearTimeout(this.#timer);
    this.#nextAt = at;
    this.#timer = setTimeout(() => {
      this.#nextAt = Number.POSITIVE_INFINITY;
      this.#turning = (this.#turning ?? Promise.resolve()).then(() => this.#turn());
    }, ms);
  }

  async #turn(): Promise<void> {
    if (this.#stopped) return;
    const { budgets, dispatch, onCrowd, onError } = this.#options;
    try {
      await onCrowd?.();
      for (let id = await budgets.grant(); id !== undefined && !this.#stopped; id = await budgets.grant()) {
        await dispatch([id]);
      }
      const inMs = await budgets.nextInMs();
      this.#lastAt = performance.now();
      if (inMs !== undefined) this.#schedule(Math.max(5, Math.min(LONGEST_SLEEP_MS, inMs)));
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
      this.#schedule(LONGEST_SLEEP_MS);
    }
  }
}
