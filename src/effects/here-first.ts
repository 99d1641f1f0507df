import type { Claimed } from '../store/store.ts';

/** So many effects are taken up by the process that committed them; the rest go to whoever is free. */
const SLOTS = 8;

export interface HereFirstOptions {
  /** Runs an effect in this process, if nobody else has claimed it. */
  readonly run: (id: string) => Promise<void>;
  /** Runs an effect that was claimed for this process as it was committed. */
  readonly runClaimed: (claimed: Claimed) => Promise<void>;
  /** The name of this process's runner. */
  readonly name: string;
  /** Offers effects to all workers. */
  readonly offer: (ids: readonly string[]) => Promise<void>;
  /** Whether this process takes up nothing more: then all goes to whoever is free. */
  readonly isLeaving?: () => boolean;
  readonly slots?: number;
}

/** What is owed, taken up where that is known. */
export interface HereFirst {
  readonly dispatch: (ids: readonly string[]) => Promise<void>;
  readonly atOnce: { claimant(): string | undefined; run(claimed: Claimed): void };
}

/**
 * Takes up what has just been committed, or found owed, in the process that did, without the way through
 * the queue: the thread of an alert stands sooner. What is more than this process has hands for goes to the
 * queue, and whatever is lost on either way is offered again by the sweeper.
 */
export function createHereFirst(options: HereFirstOptions): HereFirst {
  const { run, runClaimed, name, offer, isLeaving = () => false, slots = SLOTS } = options;
  let busy = 0;
  const free = (): number => (isLeaving() ? 0 : Math.max(0, slots - busy));
  const busyWith = (work: Promise<void>): void => {
    busy += 1;
    void work.finally(() => {
      busy -= 1;
    });
  };
  return {
    async dispatch(ids) {
      const here = ids.slice(0, free());
      for (const id of here) busyWith(run(id));
      if (here.length < ids.length) await offer(ids.slice(here.length));
    },
    atOnce: {
      claimant: () => (free() > 0 ? name : undefined),
      run: (claimed) => busyWith(runClaimed(claimed)),
    },
  };
}
