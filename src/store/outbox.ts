import type { Effect, EffectSpec } from '../incident/effects.ts';
import { originOf } from '../incident/effects-of.ts';
import { LEASE_MS } from './lease.ts';
import { storableText } from './storable.ts';
import type { EffectOutcome, Store } from './store.ts';

/** How an owed effect is claimed. */
export interface Claim {
  readonly effect: Effect;
  /**
   * A later drawing of the same message is owed too, the message is there already, and this one was never
   * tried: it need not be carried out. One that was tried may have posted the message and must find out,
   * the first of all gives the message its place in the thread, and one that waited for its turn has it now.
   */
  readonly superseded: boolean;
}

/** What is owed, in numbers. */
export interface OutboxFigures {
  /** Effects whose time has come and that are not done. */
  readonly due: number;
  /** How long the oldest of them has been due, in milliseconds. */
  readonly lagMs: number;
  readonly waiting: number;
  readonly dead: number;
}

/** What a look at the outbox finds. */
export interface Look {
  /** Effects that should be running and are not, the longest due first. */
  readonly owed: readonly { readonly id: string; readonly attempts: number }[];
  /** Milliseconds until the next effect falls due; absent when none waits. */
  readonly inMs?: number;
  /** Some wait for a budget. */
  readonly waiting: boolean;
}

/** An effect that was given up. */
export interface DeadEffect {
  readonly id: string;
  readonly incident: string;
  readonly kind: string;
  readonly error: string;
  readonly at: Date;
}

/**
 * One that waits for a budget has stepped out of its lane, and what comes behind it may go. That one be
 * carried out at a time holds all the same, for those that come back are earlier than those that went on.
 *
 * Both ends of a lane are asked for in the order of its index, not by `exists`: that leaves the choice
 * of an index to the planner, which takes the one on `due` and reads every timer that waits.
 *
 * Where the number of the try decides whether it is looked for what an earlier one left behind, the claim waits
 * for the disk as an exception: one that a crash of the store took back would be the first try for a second time.
 */
const CLAIM = `
  update effects as e
     set attempts      = attempts + 1,
         claimed_by    = $2,
         claimed_until = clock_timestamp() + $3 * interval '1 ms'
   where id     = $1
     and status = 'owed'
     and due   <= clock_timestamp() + $4 * interval '1 ms'
     and (claimed_until is null or claimed_until < clock_timestamp())
     and waits_for is null
     and (lane is null
          or (n = (select head.n from effects as head
                    where head.lane = e.lane and head.status = 'owed' and head.waits_for is null
                    order by head.n
                    limit 1)
              and (granted is null
                   or not exists (select from effects as busy
                                   where busy.lane = e.lane and busy.status = 'owed'
                                     and busy.claimed_until >= clock_timestamp()))))
  returning id, incident, kind, lane, payload, attempts as attempt, created_at as "createdAt",
         due as "dueAt", urgency, granted,
         extract(epoch from clock_timestamp() + $4 * interval '1 ms' - due)::float8 * 1000 as "dueForMs",
         kind = 'slack.message' and attempts = 1 and granted is null
           and n < coalesce((select last.n from effects as last
                              where last.lane = e.lane and last.status = 'owed' and last.payload = e.payload
                              order by last.n desc
                              limit 1), 0)
           and exists (select from messages as m
                        where m.incident = e.incident and m.slot = e.payload ->> 'slot') as superseded,
         case when kind in ('slack.message', 'pagerduty.note')
              then set_config('synchronous_commit', 'on', true) end as durable`;

const RENEW = `
  update effects
     set claimed_until = clock_timestamp() + $3 * interval '1 ms'
   where id = any ($1)
     and claimed_by = $2
     and status = 'owed'`;

const FIRST_OF_LANE = `
  select id
    from effects
   where lane   = $1
     and status = 'owed'
     and waits_for is null
   order by n
   limit 1`;

const POSTPONE = `
  update effects
     set due           = clock_timestamp() + $2 * interval '1 ms' + $4 * interval '1 ms',
         error         = $3,
         granted       = null,
         claimed_by    = null,
         claimed_until = null
   where id = $1
     and status = 'owed'`;

const GIVE_BACK = `
  update effects
     set due           = greatest(due, clock_timestamp() + $3 * interval '1 ms' + $5 * interval '1 ms'),
         error         = $4,
         claimed_by    = null,
         claimed_until = null
   where id         = $1
     and claimed_by = $2
     and status     = 'owed'`;

const RELEASE = `
  update effects
     set claimed_by = null, claimed_until = null
   where status = 'owed'
     and claimed_by is not null
     and ($1::text is null or claimed_by = $1)`;

/**
 * What follows compares `due` with `statement_timestamp()`: unlike `clock_timestamp()` it stands still
 * within a statement, so the index on `due` is read up to it and the timers behind it are not touched.
 */
const OWED = `
  select e.id, e.attempts
    from effects as e
   where e.status = 'owed'
     and e.due   <= statement_timestamp() + $1 * interval '1 ms'
     and (e.claimed_until is null or e.claimed_until < statement_timestamp())
     and e.waits_for is null
     and (e.lane is null
          or e.n = (select head.n from effects as head
                     where head.lane = e.lane and head.status = 'owed' and head.waits_for is null
                     order by head.n
                     limit 1))
   order by e.due
   limit $2`;

const NEXT_DUE = `
  select extract(epoch from min(due) - (statement_timestamp() + $1 * interval '1 ms')) * 1000 as "inMs"
    from effects
   where status = 'owed'
     and due    > statement_timestamp() + $1 * interval '1 ms'`;

/** Both in one round trip: an idle replica does little else than look. One row without an effect when none is owed. */
const LOOK = `
  select next."inMs", owed.id, owed.attempts,
         exists (select from effects where status = 'owed' and waits_for is not null) as waiting
    from (${NEXT_DUE}) as next
    left join (${OWED}) as owed on true`;

/** What is done is most of the table, and no part of the figures: owed and dead are counted by their own indexes. */
const FIGURES = `
  select count(*) filter (where due <= statement_timestamp() + $1 * interval '1 ms')::int as due,
         count(*) filter (where due  > statement_timestamp() + $1 * interval '1 ms')::int as waiting,
         (select count(*) from effects where status = 'dead')::int as dead,
         greatest(0, coalesce(extract(epoch from statement_timestamp() + $1 * interval '1 ms' - min(due)) * 1000, 0))::float8 as "lagMs"
    from effects
   where status = 'owed'`;

/** Kept with the events of a commit while tracing is on (`StoreOptions.traceparent`). */
const TRACE = `
  select data ->> 'traceparent' as traceparent from events where incident = $1 and seq = $2`;

const DEAD = `
  select id, incident, kind, error, finished_at as at
    from effects
   where status = 'dead'
   order by finished_at desc
   limit $1`;

type Row = {
  id: string;
  incident: string;
  kind: string;
  lane: string | null;
  payload: unknown;
  attempt: number;
  urgency: number;
};

/** The owed effects: claimed by one runner at a time, in the order of their lanes, until they are done or dead. */
export class Outbox {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Takes an effect for this runner, if it is owed, due, first of its lane and nobody else has it.
   *
   * @param runner a name of this process, unique among the replicas
   * @returns the effect, or `undefined` when there is nothing to do (any more, yet, or here)
   */
  async claim(id: string, runner: string): Promise<Claim | undefined> {
    type Claimed = Row & {
      createdAt: Date;
      dueAt: Date;
      dueForMs: number;
      granted: string | null;
      superseded: boolean;
      durable: string | null;
    };
    const asked = performance.now();
    const { rows } = await this.#store.claims.query<Claimed>({
      // Prepared once a connection: a claim stands in the way of every message.
      name: 'claim',
      text: CLAIM,
      values: [id, runner, LEASE_MS, this.#store.skewMs],
    });
    const row = rows[0];
    if (row === undefined) return undefined;
    const { superseded, lane, granted, createdAt, dueAt, dueForMs, durable: _durable, ...rest } = row;
    const effect = {
      ...rest,
      ...(lane === null ? {} : { lane }),
      ...(granted === null ? {} : { granted: { budget: granted, at: asked - dueForMs } }),
      createdAt: createdAt.toISOString(),
      dueAt: dueAt.toISOString(),
    };
    return { effect: effect as Effect, superseded };
  }

  /** Keeps claims alive while their handlers work. */
  async renew(ids: readonly string[], runner: string): Promise<void> {
    await this.#store.pool.query(RENEW, [ids, runner, LEASE_MS]);
  }

  /** The effect that a lane is at now. */
  async firstOf(lane: string): Promise<string | undefined> {
    const { rows } = await this.#store.pool.query<{ id: string }>(FIRST_OF_LANE, [lane]);
    return rows[0]?.id;
  }

  /** Puts an effect off by `ms` milliseconds; it keeps its place in its lane. */
  async postpone(id: string, ms: number, error: string, message?: EffectOutcome['message']): Promise<void> {
    if (message !== undefined) await this.#store.keep(message);
    await this.#store.pool.query(POSTPONE, [id, ms, storableText(error), this.#store.skewMs]);
  }

  /** Lets go of an effect that `runner` may hold and does not work at, to be tried again after `ms` milliseconds. */
  async giveBack(id: string, runner: string, ms: number, error: string): Promise<void> {
    const values = [id, runner, ms, storableText(error), this.#store.skewMs];
    await this.#store.pool.query(GIVE_BACK, values);
  }

  /** Ends an effect that led to no command. */
  async finish(outcome: EffectOutcome): Promise<void> {
    await this.#store.commit([], outcome);
  }

  /** Gives back the claims of `runner`; without a name, of every runner (only where this process is alone). */
  async release(runner?: string): Promise<void> {
    await this.#store.pool.query(RELEASE, [runner ?? null]);
  }

  /** Effects that should be running and are not, the longest due first. */
  async owed(limit: number): Promise<{ id: string; attempts: number }[]> {
    const { rows } = await this.#store.pool.query<{ id: string; attempts: number }>(OWED, [
      this.#store.skewMs,
      limit,
    ]);
    return rows;
  }

  /** {@link owed} and {@link nextDueIn} at one time. */
  async look(limit: number): Promise<Look> {
    type Found = { inMs: string | null; id: string | null; attempts: number | null; waiting: boolean };
    const { rows } = await this.#store.pool.query<Found>({
      name: 'look',
      text: LOOK,
      values: [this.#store.skewMs, limit],
    });
    const inMs = rows[0]?.inMs;
    return {
      owed: rows.flatMap(({ id, attempts }) => (id === null || attempts === null ? [] : [{ id, attempts }])),
      ...(inMs === null || inMs === undefined ? {} : { inMs: Number(inMs) }),
      waiting: rows[0]?.waiting ?? false,
    };
  }

  /** Milliseconds until the next effect falls due; `undefined` when none waits. */
  async nextDueIn(): Promise<number | undefined> {
    const { rows } = await this.#store.pool.query<{ inMs: string | null }>(NEXT_DUE, [this.#store.skewMs]);
    const inMs = rows[0]?.inMs;
    return inMs === null || inMs === undefined ? undefined : Number(inMs);
  }

  /** What is owed, in numbers. */
  async figures(): Promise<OutboxFigures> {
    const { rows } = await this.#store.pool.query<OutboxFigures>(FIGURES, [this.#store.skewMs]);
    return rows[0] ?? { due: 0, lagMs: 0, waiting: 0, dead: 0 };
  }

  /** The span of the commit that an effect follows from; `undefined` when that was not traced. */
  async traceOf(effect: string): Promise<string | undefined> {
    const origin = originOf(effect);
    if (origin === undefined) return undefined;
    const { rows } = await this.#store.pool.query<{ traceparent: string | null }>({
      name: 'trace',
      text: TRACE,
      values: [origin.incident, origin.seq],
    });
    return rows[0]?.traceparent ?? undefined;
  }

  /** The effects that were given up, the newest first. */
  async dead(limit: number): Promise<DeadEffect[]> {
    const { rows } = await this.#store.pool.query<DeadEffect>(DEAD, [limit]);
    return rows;
  }
}

/** The effects that can run now, one a lane: the rest of a lane is taken up by whoever runs its first. */
export function runnable(effects: readonly (EffectSpec & { readonly id: string })[]): string[] {
  const lanes = new Set<string>();
  return effects.flatMap((effect) => {
    if (effect.due !== undefined) return [];
    if (effect.lane === undefined) return [effect.id];
    if (lanes.has(effect.lane)) return [];
    lanes.add(effect.lane);
    return [effect.id];
  });
}
