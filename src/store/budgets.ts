import { storableText } from './storable.ts';
import type { Store } from './store.ts';

/** What an outside system takes of one kind of call. */
export interface Budget {
  readonly key: string;
  /** Milliseconds in which there is room for one more call. */
  readonly intervalMs: number;
  /** Calls that can be made at once after a quiet time. */
  readonly burst: number;
}

/**
 * A budget is a bucket of `burst` calls that gains one every `interval_ms`, kept as the time at which it
 * will be full (the generic cell rate algorithm): a call moves that time on by one interval, and may be
 * made while it lies less than `burst` intervals ahead.
 *
 * The less urgent a call, the more it must leave in the bucket, so that a person's click finds something
 * there in the midst of a storm; and nobody goes before those that wait and are as urgent.
 */
const NOW = (skew: string): string => `(clock_timestamp() + ${skew} * interval '1 ms')`;

/** How far ahead the time may lie at which the bucket is full, for a call of an urgency to be made. */
const REACH = (bucket: string, urgency: string): string =>
  `(${bucket}.burst - 1 - least(${urgency}, greatest(${bucket}.burst - 2, 0))) * ${bucket}.interval_ms * interval '1 ms'`;

/**
 * Takes one call out of all the budgets, or out of none. `$1` keys, the one to wait for first; `$2`
 * intervals, `$3` bursts, `$4` urgency, `$5` skew. A budget that nobody has used yet is made, and is full;
 * of several that make it at once one has.
 */
const spend = (lock: string): string => `
  with asked as (
    select * from unnest($1::text[], $2::float8[], $3::integer[]) as a (key, interval_ms, burst)
  ), free as (
    select b.key
      from slack_budgets as b
      join asked as a using (key)
     where b.full_at <= ${NOW('$5')} + ${REACH('a', '$4::integer')}
       and not exists (select from effects
                        where status = 'owed' and waits_for = ($1::text[])[1] and urgency <= $4::integer)
     order by b.key
       for update of b ${lock}
  ), missing as (
    select * from asked as a where not exists (select from slack_budgets as b where b.key = a.key)
  ), made as (
    insert into slack_budgets (key, part_of, interval_ms, burst, full_at)
    select m.key, case when m.key <> ($1::text[])[2] then ($1::text[])[2] end, m.interval_ms, m.burst,
           case when (select count(*) from free) + (select count(*) from missing) = cardinality($1::text[])
                then ${NOW('$5')} + m.interval_ms * interval '1 ms'
                else 'epoch' end
      from missing as m
        on conflict (key) do nothing
    returning key
  ), paid as (
    select (select count(*) from free) + (select count(*) from made) = cardinality($1::text[]) as paid
  ), spent as (
    update slack_budgets as b
       set full_at     = greatest(b.full_at, ${NOW('$5')}) + a.interval_ms * interval '1 ms',
           interval_ms = a.interval_ms,
           burst       = a.burst
      from asked as a, paid
     where b.key = a.key
       and paid.paid
  )`;

/** Waits for whoever is just taking from the same budgets: they are quick. */
const SPEND = `${spend('')}
  select paid from paid`;

/**
 * Within the commit of a new incident: its first message, `$6`, is paid for, or else waits from the
 * beginning. A commit waits for the disk, so nobody waits here for another one that is at the budget: the
 * message is let through a moment later then.
 */
export const BILL_AT_COMMIT = `${spend('skip locked')}, parked as (
    update effects
       set waits_for = ($1::text[])[1], attempts = 0, claimed_by = null, claimed_until = null
     where id = $6
       and not (select paid from paid)
  ), kept as (
    update effects
       set granted = ($1::text[])[1]
     where id = $6
       and claimed_by is null
       and (select paid from paid)
  )
  select paid from paid`;

/** What was taken and not used. */
const REFUND = `
  update slack_budgets
     set full_at = full_at - interval_ms * interval '1 ms'
   where key in ($1, (select part_of from slack_budgets where key = $1))`;

const DELAY = `
  update slack_budgets
     set full_at = full_at + $2 * interval '1 ms'
   where key = $1`;

/** Nothing is taken for `$2` milliseconds, and then the bucket is as good as empty. */
const HOLD = `
  update slack_budgets as b
     set full_at = greatest(b.full_at, ${NOW('$3')} + $2 * interval '1 ms' + (b.burst - 1) * b.interval_ms * interval '1 ms')
   where key = $1`;

/**
 * The effect steps out of its lane until there is budget for it. It counts as not tried, for nothing was
 * sent. Where another drawing of the same message waits already, that one will show all there is to show:
 * it takes over this one's urgency, and this one is done.
 */
const WAIT = `
  with me as (
    select id, lane, payload, urgency from effects
     where id = $1 and status = 'owed' and kind = 'slack.message' and attempts <= 1
  ), other as (
    update effects as w
       set urgency = least(w.urgency, me.urgency)
      from me
     where w.lane = me.lane and w.payload = me.payload and w.status = 'owed'
       and w.waits_for is not null and w.id <> me.id
    returning w.id
  )
  update effects
     set status        = case when exists (select from other) then 'done' else status end,
         finished_at   = case when exists (select from other) then clock_timestamp() end,
         waits_for     = case when exists (select from other) then null else $2 end,
         attempts      = greatest(attempts - 1, 0),
         error         = $3,
         granted       = null,
         claimed_by    = null,
         claimed_until = null
   where id = $1
     and status = 'owed'
  returning status = 'owed' as waits`;

/** Of all effects that wait, the most urgent whose budget has room, and of those the one that came first. */
const GRANT = `
  with waiting as (
    select distinct waits_for as key from effects where status = 'owed' and waits_for is not null
  ), next as (
    select b.key, b.part_of, w.id
      from waiting
      join slack_budgets as b using (key)
     cross join lateral (select id, n, urgency from effects
                          where status = 'owed' and waits_for = b.key
                          order by urgency, n
                          limit 1) as w
     where b.full_at <= ${NOW('$1')} + ${REACH('b', 'w.urgency')}
       and not exists (select from slack_budgets as p
                        where p.key = b.part_of and p.full_at > ${NOW('$1')} + ${REACH('p', 'w.urgency')})
     order by w.urgency, w.n
     limit 1
       for update of b skip locked
  ), spent as (
    update slack_budgets as s
       set full_at = greatest(s.full_at, ${NOW('$1')}) + s.interval_ms * interval '1 ms'
      from next
     where s.key in (next.key, next.part_of)
  )
  update effects as e
     set waits_for = null, granted = next.key, due = ${NOW('$1')}
    from next
   where e.id = next.id
     and e.waits_for = next.key
  returning e.id`;

const NEXT_IN = `
  with waiting as (
    select waits_for as key, min(urgency) as urgency
      from effects
     where status = 'owed' and waits_for is not null
     group by waits_for
  )
  select extract(epoch from min(greatest(b.full_at - ${REACH('b', 'w.urgency')},
                                         p.full_at - ${REACH('p', 'w.urgency')})) - ${NOW('$1')}) * 1000 as "inMs"
    from waiting as w
    join slack_budgets as b using (key)
    left join slack_budgets as p on p.key = b.part_of`;

/** What a call asks of the budgets. */
export interface Ask {
  /** The narrowest first: that is the one it waits for. */
  readonly budgets: readonly Budget[];
  readonly urgency: number;
}

/** The values of a statement that spends. */
export function asked({ budgets, urgency }: Ask, skewMs: number): unknown[] {
  return [
    budgets.map(({ key }) => key),
    budgets.map(({ intervalMs }) => intervalMs),
    budgets.map(({ burst }) => burst),
    urgency,
    skewMs,
  ];
}

/** What Slack still takes, kept in the store for all replicas together, by the store's clock. */
export class Budgets {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Takes one call out of all the budgets. @returns false when there is no room, or others wait for it */
  async spend(ask: Ask): Promise<boolean> {
    const { rows } = await this.#store.claims.query<{ paid: boolean }>({
      name: 'spend',
      text: SPEND,
      values: asked(ask, this.#store.skewMs),
    });
    return rows[0]?.paid ?? false;
  }

  /** Gives back what was granted of a budget, and of what that is a part of, and not used. */
  async refund(key: string): Promise<void> {
    await this.#store.claims.query(REFUND, [key]);
  }

  /** A budget has gained nothing for so many milliseconds. */
  async delay(key: string, ms: number): Promise<void> {
    await this.#store.claims.query(DELAY, [key, ms]);
  }

  /** Slack said to wait: nobody calls before, in no replica. */
  async hold(key: string, ms: number): Promise<void> {
    await this.#store.pool.query(HOLD, [key, ms, this.#store.skewMs]);
  }

  /** Lets an effect wait for a budget. @returns false when another that waits already does its work too */
  async wait(id: string, key: string, why: string): Promise<boolean> {
    // Should a crash forget it, the effect is owed as before.
    const { rows } = await this.#store.claims.query<{ waits: boolean }>({
      name: 'wait',
      text: WAIT,
      values: [id, key, storableText(why)],
    });
    return rows[0]?.waits ?? false;
  }

  /** Lets the next effect go whose turn it is. @returns its id; `undefined` when there is no room, or nobody waits */
  async grant(): Promise<string | undefined> {
    const { rows } = await this.#store.pool.query<{ id: string }>({
      name: 'grant',
      text: GRANT,
      values: [this.#store.skewMs],
    });
    return rows[0]?.id;
  }

  /** Milliseconds until there may be room for one that waits; `undefined` when none waits. */
  async nextInMs(): Promise<number | undefined> {
    const { rows } = await this.#store.pool.query<{ inMs: string | null }>({
      name: 'next-in',
      text: NEXT_IN,
      values: [this.#store.skewMs],
    });
    const inMs = rows[0]?.inMs;
    return inMs === null || inMs === undefined ? undefined : Number(inMs);
  }
}
