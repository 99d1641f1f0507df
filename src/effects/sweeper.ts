import type { Outbox } from '../store/outbox.ts';

/** The sweeper never sleeps longer than this, so that what other replicas left behind is found. */
const LONGEST_SLEEP_MS = 1_000;

/** After a fault the sweeper waits this long before it looks again. */
const AFTER_FAULT_MS = 1_000;

/** A try that was offered and not claimed is not offered again for this long. */
const OFFER_AGAIN_MS = 5_000;

/** At most so many are offered at a time: a long backlog is worked off in portions. */
const PORTION = 500;

export interface SweeperOptions {
  readonly outbox: Pick<Outbox, 'look'>;
  readonly dispatch: (ids: readonly string[]) => Promise<void>;
  /** Told at each look that finds effects waiting for a budget. */
  readonly onWaiting?: () => void;
  readonly onError: (error: Error) => void;
}

/**
 * Asks the store what is owed and offers it to the workers: timers when they fall due, retries when
 * their wait is over, and whatever a lost queue or a killed process left behind. Due times live in
 * the store alone, so a queue that forgets or wakes late makes nothing late.
 *
 * Any number of sweepers may run: an effect offered twice is claimed once.
 */
export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #offered = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = true;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** Starts sweeping. */
  start(): void {
    this.#stopped = false;
    this.#schedule(0);
  }

  /** Looks now instead of at the next turn. */
  async sweep(): Promise<void> {
    this.#running ??= this.#look().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  /** Stops sweeping and waits for a look under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(ms: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.sweep().catch(this.#options.onError);
    }, ms);
  }

  async #look(): Promise<void> {
    const { outbox, dispatch, onError } = this.#options;
    try {
      // Not the time of day, which may be set back: an offer that was lost would not be made again till then.
      const now = performance.now();
      for (const [offer, at] of this.#offered) if (now - at > OFFER_AGAIN_MS) this.#offered.delete(offer);
      const { owed, inMs, waiting } = await outbox.look(PORTION);
      if (waiting) this.#options.onWaiting?.();
      const looked = performance.now();
      const fresh = owed.filter((one) => !this.#offered.has(offerOf(one)));
      if (fresh.length > 0) {
        await dispatch(fresh.map((one) => one.id));
        // Only what was taken counts as offered: the rest is offered again at the next look.
        for (const one of fresh) this.#offered.set(offerOf(one), now);
      }
      const left = (inMs ?? LONGEST_SLEEP_MS) - (performance.now() - looked);
      this.#schedule(Math.max(5, Math.min(LONGEST_SLEEP_MS, left)));
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
      this.#schedule(AFTER_FAULT_MS);
    }
  }
}

/** Each try of an effect is an offer of its own. */
function offerOf(one: { readonly id: string; readonly attempts: number }): string {
  return `${one.id}/${one.attempts}`;
}
