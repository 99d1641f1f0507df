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

/**
 * An outage that no replica could write down, since it was the store's, has no row here. So whoever is the
 * first to end it since it began leaves a sighting, by which the others know that it has been told.
 */
const END = `
  with ended as (
    delete from alarms where part = $1
    returning part
  ), told as (
    insert into watchdog_sightings (name, seen_at)
    values ('over ' || $1, clock_timestamp() + $3 * interval '1 ms')
    on conflict (name) do update set seen_at = excluded.seen_at
      where watchdog_sightings.seen_at < clock_timestamp() + ($3 - $2) * interval '1 ms'
    returning name
  )
  select exists (select from ended) or exists (select from told) as first`;

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

  /**
   * It is over.
   * @param downMs for how long it was on, as this replica saw it
   * @returns whether this is the first replica that says so
   */
  async end(part: string, downMs: number): Promise<boolean> {
    const { rows } = await this.#pool.query<{ first: boolean }>(END, [part, downMs, this.#skewMs()]);
    return rows[0]?.first ?? true;
  }

  /** Parts whose alarm nobody has raised again for `ms` milliseconds. */
  async stale(ms: number): Promise<string[]> {
    const { rows } = await this.#pool.query<{ part: string }>(STALE, [ms]);
    return rows.map(({ part }) => part);
  }
}
