import pg from 'pg';

/** The first half of every advisory lock that says a runner lives; the second is its name's hash. */
const PRESENCE = 7205;

/** How often a runner looks who is there, in milliseconds. */
export const LOOK_EVERY_MS = 1_000;

/**
 * A runner that was not seen for this long is dead. Longer than a living one needs to come back after
 * its connection broke or the store was restarted, so that its work is not taken out of its hands.
 */
export const ABSENT_AFTER_MS = 2_000;

const TAKE_PLACE = `
  select pg_try_advisory_lock(${PRESENCE}, hashtext($1)) as taken`;

/** `pg_locks` shows both halves of a key as unsigned numbers. */
const WHO_IS_ABSENT = `
  with present as (
    select objid::bigint as hash
      from pg_locks
     where locktype = 'advisory'
       and classid  = ${PRESENCE}
       and objsubid = 2
       and granted
       and database = (select oid from pg_database where datname = current_database())
  )
  select name, name = $1 as own
    from (select distinct claimed_by as name
            from effects
           where status = 'owed' and claimed_by is not null
           union
          select $1) as runners
   where not exists (select from present where hash = hashtext(name)::bigint & 4294967295)`;

export interface PresenceOptions {
  readonly url: string;
  /** The runner's name, as it stands in its claims. */
  readonly name: string;
  /** Told of a runner that is dead; is told again at the next look if it rejects. */
  readonly onDead: (runner: string) => Promise<void>;
  readonly onError: (error: Error) => void;
  readonly lookEveryMs?: number;
  readonly absentAfterMs?: number;
}

/**
 * Says that a runner lives, and notices those that no longer do.
 *
 * A runner holds an advisory lock on a connection of its own. PostgreSQL lets go of it in the moment
 * the process dies, however it dies, so what it had claimed need not wait for its lease. The lease
 * stays for what a lock cannot tell: a process that hangs, or a machine that fell silent.
 */
export class Presence {
  readonly #options: PresenceOptions;
  /** When a runner was first missed, by our own clock. */
  readonly #missed = new Map<string, number>();
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** Takes this runner's place; resolves after the first look, whether it succeeded or not. */
  async start(): Promise<void> {
    await this.#look();
    const every = this.#options.lookEveryMs ?? LOOK_EVERY_MS;
    this.#timer = setInterval(() => void this.#look(), every);
    this.#timer.unref();
  }

  /** Gives the place up. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#looking;
    await this.#client?.end().catch(() => undefined);
    this.#client = undefined;
  }

  #look(): Promise<void> {
    this.#looking ??= this.#lookNow()
      .catch((error: unknown) => {
        const broken = this.#client;
        this.#client = undefined;
        // What was missed while we saw nothing may have been there.
        this.#missed.clear();
        void broken?.end().catch(() => undefined);
        this.#options.onError(error instanceof Error ? error : new Error(String(error)));
      })
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  async #lookNow(): Promise<void> {
    const { name, onDead, absentAfterMs = ABSENT_AFTER_MS } = this.#options;
    const client = await this.#connected();
    if (client === undefined) return;
    const { rows } = await client.query<{ name: string; own: boolean }>(WHO_IS_ABSENT, [name]);
    const now = performance.now();
    const absent = rows.filter((row) => !row.own).map((row) => row.name);
    if (rows.some((row) => row.own)) await client.query(TAKE_PLACE, [name]);
    for (const known of this.#missed.keys()) if (!absent.includes(known)) this.#missed.delete(known);
    for (const runner of absent) {
      const since = this.#missed.get(runner) ?? now;
      this.#missed.set(runner, since);
      if (now - since >= absentAfterMs) await onDead(runner);
    }
  }

  async #connected(): Promise<pg.Client | undefined> {
    if (this.#stopped || this.#client !== undefined) return this.#client;
    const client = new pg.Client({
      connectionString: this.#options.url,
      application_name: 'lifeguard-presence',
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
      keepAlive: true,
    });
    client.on('error', () => {
      if (this.#client === client) this.#client = undefined;
    });
    await client.connect();
    this.#client = client;
    return client;
  }
}
