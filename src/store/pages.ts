import type pg from 'pg';

const REMEMBER = `
  insert into pagerduty_incidents (id, page_key)
  values ($1, $2)
  on conflict (id) do nothing`;

const KEY_OF = `
  select page_key as key from pagerduty_incidents where id = $1`;

/** Which page an incident of PagerDuty's is of. Its webhooks say so, but for those of notes. */
export class Pages {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** Keeps the `dedup_key` of the page that PagerDuty made the incident of. */
  async remember(id: string, key: string): Promise<void> {
    await this.#pool.query(REMEMBER, [id, key]);
  }

  /** The `dedup_key`; `undefined` for an incident that was not heard of. */
  async keyOf(id: string): Promise<string | undefined> {
    const { rows } = await this.#pool.query<{ key: string }>(KEY_OF, [id]);
    return rows[0]?.key;
  }
}
