/** Who goes first on the one connection: a kill, then checks, then the heartbeat. */
export type Rank = 'act' | 'check' | 'heartbeat';

const RANKS: readonly Rank[] = ['act', 'check', 'heartbeat'];

/** Work that waits for its turn; `refuse` ends it unstarted. */
export interface Turn<Target> {
  run(target: Target): Promise<void>;
  refuse(error: Error): void;
}

/** The queue before the connection: first come, first served within a rank. Holds no connection itself. */
export class Turns<Target> {
  readonly #waiting: Record<Rank, Turn<Target>[]> = { act: [], check: [], heartbeat: [] };

  add(rank: Rank, turn: Turn<Target>): void {
    this.#waiting[rank].push(turn);
  }

  /** Takes out whoever is next. */
  next(): Turn<Target> | undefined {
    for (const rank of RANKS) {
      const turn = this.#waiting[rank].shift();
      if (turn !== undefined) return turn;
    }
    return undefined;
  }

  /** Ends all who wait with `error`. */
  refuseAll(error: Error): void {
    for (let turn = this.next(); turn !== undefined; turn = this.next()) turn.refuse(error);
  }
}
