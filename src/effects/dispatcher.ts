import type { EffectQueue } from './queue.ts';

/** So many effects run here at a time while the queue is away. */
const WITHOUT_QUEUE_CONCURRENCY = 8;

export interface DispatcherOptions {
  readonly queue: Pick<EffectQueue, 'add'>;
  /** Runs an effect in this process; absent where this replica does no work. */
  readonly run?: (id: string) => Promise<void>;
  readonly onError: (error: Error) => void;
}

/**
 * Offers effects to the workers through the queue. When the queue cannot take them, a replica that
 * works runs them itself: the claims in the store keep anything from running twice, so the queue only
 * makes it fast.
 */
export function createDispatcher(options: DispatcherOptions): (ids: readonly string[]) => Promise<void> {
  const backlog: string[] = [];
  let running = 0;

  function runHere(run: (id: string) => Promise<void>): void {
    while (running < WITHOUT_QUEUE_CONCURRENCY) {
      const id = backlog.shift();
      if (id === undefined) return;
      running += 1;
      run(id)
        .catch((error: unknown) => options.onError(error instanceof Error ? error : new Error(String(error))))
        .finally(() => {
          running -= 1;
          runHere(run);
        });
    }
  }

  return async (ids) => {
    try {
      await options.queue.add(ids);
    } catch (error) {
      options.onError(error instanceof Error ? error : new Error(String(error)));
      if (options.run === undefined) return;
      backlog.push(...ids);
      runHere(options.run);
    }
  };
}
