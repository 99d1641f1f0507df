import type pg from 'pg';
import { storableText } from './storable.ts';

/** How many connections of a pool's server were taken at one moment, and what they were doing. */
export interface Sample {
  readonly at: Date;
  /** Client backends on the whole server, our own included. */
  readonly used: number;
  /** What ordinary roles can have. */
  readonly usable: number;
  readonly active: number;
  readonly idle: number;
  /** Aborted transactions included. */
  readonly idleInTransaction: number;
}

/** Of samples that are older than this nobody asks any more, in milliseconds. */
export const KEEP_SAMPLES_MS = 24 * 60 * 60 * 1_000;

/** One statement deletes no more than this, so that it holds no lock for long. */
const CHUNK_ROWS = 5_000;

/** The first sample of a moment stays: replicas that sample the same slot write one row. */
const INSERT = `
  insert into samples (pool, at, used, usable, active, idle, idle_in_transaction)
  values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (pool, at) do nothing`;

const SINCE = `
  select at, used, usable, active, idle, idle_in_transaction
    from samples
   where pool = $1
     and at >= $2
   order by at`;

const DELETE_CHUNK = `
  delete from samples
   where ctid in (select ctid
                    from samples
                   where at < $1
                   order by at
                   limit $2
                     for update skip locked)`;

interface SampleRow {
  at: Date;
  used: number;
  usable: number;
  active: number;
  idle: number;
  idle_in_transaction: number;
}

/** The samples of all pools, in the store. Every method throws the driver's error when the store is away. */
export class Samples {
  readonly #pool: pg.Pool;

  /** @param pool the store's connections (`Store.pool`) */
  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /**
   * Keeps a sample.
   * @returns false when there was one of this pool and moment already, which stays
   */
  async insert(pool: string, sample: Sample): Promise<boolean> {
    const { rowCount } = await this.#pool.query(INSERT, [
      storableText(pool),
      sample.at,
      sample.used,
      sample.usable,
      sample.active,
      sample.idle,
      sample.idleInTransaction,
    ]);
    return rowCount === 1;
  }

  /** The pool's samples from `since` on, oldest first. */
  async since(pool: string, since: Date): Promise<Sample[]> {
    const { rows } = await this.#pool.query<SampleRow>(SINCE, [storableText(pool), since]);
    return rows.map(({ idle_in_transaction, ...row }) => ({
      ...row,
      idleInTransaction: idle_in_transaction,
    }));
  }

  /**
   * Deletes what is older than a day, in chunks. Replicas may do it at the same time.
   * @param chunkRows rows a statement; 5,000 when left out
   * @returns how many samples went
   */
  async forget(now: Date, chunkRows: number = CHUNK_ROWS): Promise<number> {
    const before = new Date(now.getTime() - KEEP_SAMPLES_MS);
    let gone = 0;
    for (;;) {
      const { rowCount } = await this.#pool.query(DELETE_CHUNK, [before, chunkRows]);
      gone += rowCount ?? 0;
      if ((rowCount ?? 0) < chunkRows) return gone;
    }
  }
}
