/** So many effects are taken up by the process that committed them; the rest go to whoever is free. */
const SLOTS = 8;

export interface HereFirstOptions {
  /** Runs an effect in this process, if nobody else has claimed it. */
  readonly run: (id: string) => Promise<void>;
  /** Offers effects to all workers. */
  readonly offer: (ids: readonly string[]) => Promise<void>;
  readonly slots?: number;
}

/**
 * Takes up what has just been committed in the process that committed it, without the way through the
 * queue: the thread of an alert stands sooner. What is more than this process has hands for goes to the
 * queue, and whatever is lost on either way is offered again by the sweeper.
 */
export function createHereFirst(options: HereFirstOptions): (ids: readonly string[]) => Promise<void> {
  const { run, offer, slots = SLOTS } = options;
  let busy = 0;
  return async (ids) => {
    const here = ids.slice(0, Math.max(0, slots - busy));
    for (const id of here) {
      busy += 1;
      void run(id).finally(() => {
        busy -= 1;
      });
    }
    if (here.length < ids.length) await offer(ids.slice(here.length));
  };
}
