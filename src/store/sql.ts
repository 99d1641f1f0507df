/** Every statement of the store's incidents. `$skew` is milliseconds added to the store's clock. */

export const NOW = `
  select clock_timestamp() + $1 * interval '1 ms' as now`;

/** Where no incident is there yet to lock. */
export const NOTHING = `
  select null as state, clock_timestamp() + $1 * interval '1 ms' as now`;

export const NEXT_ID = `
  select 'inc-' || nextval('incident_number') as id`;

/** A statement, the name it is prepared by, and what stands for `$1`, `$2` and so on in it. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values: (string | number)[];
}

/**
 * What begins a transaction, to be sent in one round trip: two deliveries for the same keys wait here for
 * each other until it ends. What comes first in the transaction can come along.
 *
 * @param keys in the order in which all transactions take them
 * @param first a statement; its rows are those of the last result
 */
export function begin(keys: readonly string[], first?: Statement): Statement[] {
  const locks = keys.map((key) => ({ name: 'lock-key', text: LOCK_KEY, values: [key] }));
  return [{ text: 'begin', values: [] }, ...locks, ...(first === undefined ? [] : [first])];
}

const LOCK_KEY = 'select pg_advisory_xact_lock(hashtextextended($1, 7204))';

/**
 * The time stands after the incident, and so is read after it: a command that waited for another's
 * lock is decided by the time at which its turn came, and an incident's events are in the order of
 * their times.
 */
export const LOCK_BY_KEY = `
  select (select state
            from incidents
           where key  = $1
             and kind in ('incident', 'warning', 'storm')
             and (status = 'open' or resolved_at > clock_timestamp() + $3 * interval '1 ms' - $2 * interval '1 ms')
           order by opened_at desc
           limit 1
             for update) as state,
         clock_timestamp() + $3 * interval '1 ms' as now`;

export const LOCK_BY_ID = `
  select (select state from incidents where id = $1 for update) as state,
         clock_timestamp() + $2 * interval '1 ms' as now`;

/**
 * Events, the incident's row and the effects in one statement: one round trip, one outcome. The effect
 * `$13` is claimed by `$14` for `$15` milliseconds, as if it had been claimed right after.
 */
export const APPEND = `
  with moved as (
    insert into incidents (id, key, kind, status, pool, seq, state, opened_at, resolved_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (id) do update
       set status = excluded.status, seq = excluded.seq, state = excluded.state, resolved_at = excluded.resolved_at
    returning seq
  ), appended as (
    insert into events (incident, seq, type, at, data)
    select $1, $6::integer - jsonb_array_length($10::jsonb) + e.place, e.data ->> 'type', (e.data ->> 'at')::timestamptz, e.data
      from jsonb_array_elements($10::jsonb) with ordinality as e (data, place)
  )
  insert into effects (id, incident, kind, lane, payload, due, created_at, urgency, attempts, claimed_by, claimed_until)
  select e.data ->> 'id', $1, e.data ->> 'kind', e.data ->> 'lane', e.data -> 'payload',
         coalesce((e.data ->> 'due')::timestamptz, $12), $12, coalesce((e.data ->> 'urgency')::smallint, 2),
         case when mine then 1 else 0 end,
         case when mine then $14 end,
         case when mine then clock_timestamp() + $15 * interval '1 ms' end
    from jsonb_array_elements($11::jsonb) with ordinality as e (data, place),
         lateral (select e.data ->> 'id' = $13::text as mine) as claim
   order by e.place`;

export const INCIDENT = `
  select state from incidents where id = $1`;

export const OPEN_BY_KEY = `
  select state from incidents where key = $1 and kind = 'incident' and status = 'open'`;

export const INCIDENTS = `
  select state
    from incidents
   where kind = 'incident'
     and (status = 'open' or resolved_at >= $1)
   order by (status = 'open') desc, opened_at
   limit $2`;

/** Incidents, resolved ones too, with a change that a remedy made and that has not been undone. */
export const CHANGED = `
  select state
    from incidents
   where ($1::text is null or pool = $1)
     and jsonb_path_exists(state, '$.requests.*.undo ? (@.status != "ended")')
   order by opened_at desc
   limit $2`;

export const OPEN_COUNT = `
  select count(*)::int as count from incidents where status = 'open' and kind = 'incident'`;

export const EVENTS = `
  select data from events where incident = $1 order by seq`;

export const EVENT = `
  select data from events where incident = $1 and seq = $2`;

export const MESSAGE = `
  select channel, ts, digest from messages where incident = $1 and slot = $2`;

export const MESSAGE_AT = `
  select incident, slot from messages where channel = $1 and ts = $2`;

/** All that a drawing needs, in one round trip. `$3` is the event of a note, -1 for other slots. */
export const DRAWING = `
  select i.state,
         e.data as event,
         m.channel, m.ts, m.digest,
         clock_timestamp() + $4 * interval '1 ms' as now
    from incidents as i
    left join events   as e on e.incident = i.id and e.seq  = $3
    left join messages as m on m.incident = i.id and m.slot = $2
   where i.id = $1`;

export const SAVE_MESSAGE = `
  insert into messages (incident, slot, channel, ts, digest)
  values ($1, $2, $3, $4, $5)
  on conflict (incident, slot) do update
     set channel = excluded.channel, ts = excluded.ts, digest = excluded.digest`;

export const FINISH_EFFECT = `
  update effects
     set status        = case when $2::text is null then 'done' else 'dead' end,
         error         = $2,
         finished_at   = clock_timestamp(),
         claimed_by    = null,
         claimed_until = null
   where id     = $1
     and status = 'owed'`;
