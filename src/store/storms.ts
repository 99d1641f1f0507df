import type { Incident } from '../incident/state.ts';
import type { StormMember } from '../incident/storm.ts';
import type { Store } from './store.ts';

/**
 * Channels into which several incidents have opened of late, and where something waits for its turn: none
 * of those whose storm is told already, so that a storm costs nothing more here. `$1` skew, `$2` how far
 * back, in milliseconds, `$3` so many are not looked at.
 */
const GATHERING = `
  with crowded as (
    select substr(waiting.key, length('chat.postMessage ') + 1) as channel
      from (select distinct waits_for as key from effects where status = 'owed' and waits_for is not null) as waiting
     where waiting.key like 'chat.postMessage %'
  )
  select c.channel, count(*)::int as opened, min(i.opened_at) as since
    from crowded as c
    join incidents as i
      on i.status = 'open'
     and i.kind   = 'incident'
     and i.opened_at > statement_timestamp() + $1 * interval '1 ms' - $2 * interval '1 ms'
     and i.state ->> 'channel' = c.channel
   where not exists (select from incidents as s
                      where s.key = 'storm:' || c.channel and s.kind = 'storm' and s.status = 'open')
   group by c.channel
  having count(*) > $3
     and bool_or(i.state -> 'thread' is null)`;

/** What the summary says of each incident that opened into the channel while the storm lasted. */
const MEMBERS = `
  select i.id, i.pool, i.state ->> 'title' as title, i.state ->> 'startsAt' as "startsAt", i.opened_at as "openedAt",
         i.status,
         coalesce((select a.value -> 'labels' from jsonb_each(i.state -> 'alerts') as a limit 1), '{}') as labels,
         i.state -> 'thread' is not null as "hasThread",
         i.state -> 'thread' ->> 'permalink' as permalink,
         i.state -> 'threadWanted' is not null as "isWanted"
    from incidents as i
   where i.kind = 'incident'
     and i.opened_at >= $1
     and i.opened_at <= coalesce($2::timestamptz, 'infinity')
     and i.state ->> 'channel' = $3
   order by i.opened_at, i.id`;

/** A channel where more opens than its threads can follow. */
export interface Gathering {
  readonly channel: string;
  readonly opened: number;
  readonly since: Date;
}

/** The key of a channel's storm: one is open at a time. */
export function stormKey(channel: string): string {
  return `storm:${channel}`;
}

/** What is known in the store of storms: which begin, and which incidents belong to one. */
export class Storms {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Channels into which more than `few` incidents have opened within `withinMs`, and whose threads wait. */
  async gathering(withinMs: number, few: number): Promise<Gathering[]> {
    const values = [this.#store.skewMs, withinMs, few];
    return (await this.#store.pool.query<Gathering>(GATHERING, values)).rows;
  }

  /** The incidents of a storm, in the order in which they opened. */
  async members(storm: Incident): Promise<StormMember[]> {
    type Row = Omit<StormMember, 'pool' | 'permalink' | 'openedAt'> & {
      pool: string | null;
      permalink: string | null;
      openedAt: Date;
    };
    const { rows } = await this.#store.pool.query<Row>(MEMBERS, [
      storm.startsAt,
      storm.resolved?.at ?? null,
      storm.channel,
    ]);
    return rows.map(({ pool, permalink, openedAt, ...row }) => ({
      ...row,
      openedAt: openedAt.toISOString(),
      ...(pool === null ? {} : { pool }),
      ...(permalink === null ? {} : { permalink }),
    }));
  }
}
