import type pg from 'pg';

const SIGHT = `
  insert into watchdog_sightings (name, seen_at)
  values ($1, clock_timestamp() + $2 * interval '1 ms')
  on conflict (name) do update set seen_at = greatest(watchdog_sightings.seen_at, excluded.seen_at)`;

const SIGHTINGS = `
  select clock_timestamp() + $1 * interval '1 ms' as now,
         max(seen_at) filter (where name = 'alert')   as alert,
         max(seen_at) filter (where name = 'look')    as look,
         max(seen_at) filter (where name = 'resumed') as resumed
    from watchdog_sightings`;

/** `xmax` is 0 in a row that was inserted and not updated: the first to raise an alarm is told that it is. */
const RAISE = `
  insert into alarms (part, since)
  values ($1, clock_timestamp())
  on conflict (part) do update set since = excluded.since
  returning xmax = 0 as first`;

const END = `
  delete from alarms where part = $1`;

const STALE = `
  select part from alarms where since < clock_timestamp() - $1 * interval '1 ms'`;

/** When something was last seen, by the store's clock. */
export interface Sightings {
  readonly now: Date;
  /** Alertmanager's always-firing alert. */
  readonly alert: Date | null;
  /** When a replica last looked whether that had come. */
  readonly look: Date | null;
  /** When looking began again after a time in which no replica looked. */
  readonly resumed: Date | null;
}

/** What the watchdog keeps in the store, so that a restart forgets neither a sighting nor an alarm. */
export class Alarms {
  readonly #pool: pg.Pool;
  readonly #skewMs: () => number;

  constructor(pool: pg.Pool, skewMs: () => number = () => 0) {
    this.#pool = pool;
    this.#skewMs = skewMs;
  }

  /** Something was seen now. */
  async sight(name: 'alert' | 'look' | 'resumed'): Promise<void> {
    await this.#pool.query(SIGHT, [name, this.#skewMs()]);
  }

  /** When each was seen last. */
  async sightings(): Promise<Sightings> {
    const { rows } = await this.#pool.query<Sightings>(SIGHTINGS, [this.#skewMs()]);
    return rows[0] ?? { now: new Date(Number.NaN), alert: null, look: null, resumed: null };
  }

  /** An alarm about a part is on, or still on. @returns whether no replica had raised it before */
  async raise(part: string): Promise<boolean> {
    const { rows } = await this.#pool.query<{ first: boolean }>(RAISE, [part]);
    return rows[0]?.first ?? true;
  }

  /** It is over. @returns whether it was on: of several replicas one is told so */
  async end(part: string): Promise<boolean> {
    const { rowCount } = await this.#pool.query(END, [part]);
    return (rowCount ?? 0) > 0;
  }

  /** Parts whose alarm nobody has raised again for `ms` milliseconds. */
  async stale(ms: number): Promise<string[]> {
    const { rows } = await this.#pool.query<{ part: string }>(STALE, [ms]);
    return rows.map(({ part }) => part);
  }
}
