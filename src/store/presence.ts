import pg from 'pg';

/** The first half of every advisory lock that says a runner lives; the second is its name's hash. */
const PRESENCE = 7205;

/** How often a runner looks who is there, in milliseconds. */
export const LOOK_EVERY_MS = 1_000;

/**
 * The claims of a runner that is not seen last only this long. Longer than a living one needs to come back
 * after its connection broke or the store was restarted, and than it waits between two renewals
 * (`RENEW_EVERY_MS`), so that its work is not taken out of its hands.
 */
export const ABSENT_AFTER_MS = 2_000;

const TAKE_PLACE = `
  select pg_try_advisory_lock(${PRESENCE}, hashtext($1)) as taken`;

/**
 * Shortens what absent runners have claimed, to `$2` milliseconds; `pg_locks` shows both halves of a key as
 * unsigned numbers. That a runner was missed is kept in its claims alone: whoever noticed may be killed, too.
 */
const SHORTEN = `
  with present as (
    select objid::bigint as hash
      from pg_locks
     where locktype = 'advisory'
       and classid  = ${PRESENCE}
       and objsubid = 2
       and granted
       and database = (select oid from pg_database where datname = current_database())
  ), shortened as (
    update effects as e
       set claimed_until = clock_timestamp() + $2 * interval '1 ms'
     where status = 'owed'
       and claimed_by <> $1
       and claimed_until > clock_timestamp() + $2 * interval '1 ms'
       and not exists (select from present where hash = hashtext(e.claimed_by)::bigint & 4294967295)
    returning claimed_by
  )
  select exists (select from present where hash = hashtext($1)::bigint & 4294967295) as "isHere",
         array(select distinct claimed_by from shortened) as absent`;

export interface PresenceOptions {
  readonly url: string;
  /** The runner's name, as it stands in its claims. */
  readonly name: string;
  /** Told of runners that are not seen and had claimed something: it is free soon. */
  readonly onAbsent?: (runners: readonly string[]) => void;
  readonly onError: (error: Error) => void;
  readonly lookEveryMs?: number;
  readonly absentAfterMs?: number;
}

/**
 * Says that a runner lives, and notices those that no longer do.
 *
 * A runner holds an advisory lock on a connection of its own. PostgreSQL lets go of it in the moment
 * the process dies, however it dies, so what it had claimed need not wait for its lease: whoever looks
 * shortens it. The lease stays for what a lock cannot tell: a process that hangs, or a machine that fell
 * silent. A runner that lives and is only not seen renews what was shortened.
 */
export class Presence {
  readonly #options: PresenceOptions;
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
        void broken?.end().catch(() => undefined);
        this.#options.onError(error instanceof Error ? error : new Error(String(error)));
      })
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  async #lookNow(): Promise<void> {
    const { name, onAbsent, absentAfterMs = ABSENT_AFTER_MS } = this.#options;
    const client = await this.#connected();
    if (client === undefined) return;
    const { rows } = await client.query<{ isHere: boolean; absent: string[] }>({
      name: 'shorten',
      text: SHORTEN,
      values: [name, absentAfterMs],
    });
    const [seen] = rows;
    if (seen?.isHere === false) await client.query(TAKE_PLACE, [name]);
    if (seen !== undefined && seen.absent.length > 0) onAbsent?.(seen.absent);
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
