import { z } from 'zod';
import type { PoolSizeConfig } from '../config/types.ts';
import type { PoolReading } from '../incident/remedy.ts';
import { duration } from '../incident/words.ts';
import { type Activity, readActivity } from '../pool/activity.ts';
import { AwayError } from '../pool/faults.ts';
import type { Lifeline } from '../pool/lifeline.ts';
import {
  type PooledDatabase,
  type PooledPair,
  type PoolerSizes,
  readPools,
  readSizes,
  withConsole,
} from '../pool/pgbouncer.ts';
import { adminMend, lowerPoolSize, ownSizeMend, raisePoolSize } from './executors/pgbouncer.ts';
import type { PoolSizeBy } from './pool-size.ts';
import type { NoPlan } from './remedy.ts';
import { freeOf, lackOfRoom, raised } from './room.ts';

/** How a pool behind PgBouncer is made larger. */
type PgBouncerSize = Extract<PoolSizeConfig, { pgbouncer: string }>;

/** Which database of its server the pool is. */
const DATABASE_SQL = 'select current_database()::text as name';

const databaseRow = z.object({ name: z.string() });

/** What PgBouncer says at one moment. */
interface Seen extends PoolerSizes {
  readonly at: string;
  readonly user: string;
  readonly pools: readonly PooledPair[];
}

/** The remedy `pool_size` by PgBouncer's admin console. */
export function poolSizeByPgBouncer(config: PgBouncerSize): PoolSizeBy<'pgbouncer'> {
  return {
    async preview(lifeline, approved, now) {
      const [seen, name] = await Promise.all([look(config.pgbouncer), databaseOf(lifeline)]);
      if ('refused' in seen) return seen;
      const activity = await readActivity(lifeline);
      const from = seen.defaultPoolSize;
      const to = approved?.to ?? raised(from, config.raiseBy);
      if (to <= from) {
        const refused = `\`default_pool_size\` of PgBouncer is ${from}, and ${to} is no more than that; nothing was done.`;
        return { refused, protected: false };
      }
      const growth = growthOf(seen, name, to - from);
      const refused = obstacle(seen, name, to, growth, activity);
      if (refused !== undefined) return { refused: `Not possible: ${refused}.`, protected: true };
      const { revertAfterMs } = config;
      return {
        action: 'pool_size',
        target: { kind: 'pool_size', way: 'pgbouncer', at: seen.at, from, to, revertAfterMs },
        preview: {
          title: `Raise PgBouncer’s pool size from ${from} to ${to}`,
          facts: factsOf(seen, name, growth, activity, revertAfterMs),
          risks: risksOf(growth),
          takenAt: now.toISOString(),
        },
      };
    },
    holds: (approved, found) =>
      approved.at === found.at && approved.from === found.from && approved.to === found.to,
    async execute(lifeline, target, again) {
      const name = await databaseOf(lifeline);
      return await raisePoolSize(config.pgbouncer, target, name, again);
    },
    undo: (_lifeline, target, again) => lowerPoolSize(config.pgbouncer, target, again),
    verify: (lifeline) => poolerReading(config.pgbouncer, lifeline),
  };
}

async function databaseOf(lifeline: Lifeline): Promise<string> {
  const [row] = z.array(databaseRow).parse(await lifeline.query(DATABASE_SQL));
  return row?.name ?? '';
}

async function look(url: string): Promise<Seen | NoPlan> {
  try {
    return await withConsole(url, async (console) => ({
      at: console.at,
      user: console.user,
      ...(await readSizes(console)),
      pools: await readPools(console),
    }));
  } catch (error) {
    if (!(error instanceof AwayError)) throw error;
    return { refused: `${error.message}. Nothing was done.`, protected: true };
  }
}

/** What a larger size comes to on the server. */
interface Growth {
  /** Databases of PgBouncer that lead to the pool's own. */
  readonly ours: readonly PooledDatabase[];
  /** Of these, those whose size the change reaches. */
  readonly reached: readonly PooledDatabase[];
  /** All databases on the same server that grow too, ours among them. */
  readonly growing: readonly PooledDatabase[];
  readonly pools: number;
  /** Server connections that it can open, at most. */
  readonly connections: number;
}

/**
 * Every pair of database and user is a pool of its own and grows, except where the database has a size of
 * its own or a limit (`max_db_connections`) that leaves no more.
 */
function growthOf(seen: Seen, name: string, by: number): Growth {
  const ours = seen.databases.filter(({ database }) => database === name);
  const reached = ours.filter((one) => follows(seen, one));
  const growing = seen.databases.filter(
    (one) => follows(seen, one) && reached.some(({ host, port }) => host === one.host && port === one.port),
  );
  const poolsOf = (one: PooledDatabase): number =>
    Math.max(
      seen.pools.filter(({ database }) => database === one.name).length,
      // One that nobody has used yet gets a pool with its first client.
      reached.includes(one) ? 1 : 0,
    );
  const connectionsOf = (one: PooledDatabase): number => {
    const pools = poolsOf(one);
    const left =
      one.maxConnections === 0 ? Number.POSITIVE_INFINITY : one.maxConnections - pools * seen.defaultPoolSize;
    return Math.max(0, Math.min(pools * by, left));
  };
  const sum = (of: (one: PooledDatabase) => number): number =>
    growing.reduce((total, one) => total + of(one), 0);
  return { ours, reached, growing, pools: sum(poolsOf), connections: sum(connectionsOf) };
}

/** A database with a size of its own that equals the default looks the same; that shows when it is set. */
function follows(seen: Seen, { poolSize }: PooledDatabase): boolean {
  return poolSize === seen.defaultPoolSize;
}

/** Why it cannot or must not be done, with the setting that mends it; `undefined` when it can. */
function obstacle(
  seen: Seen,
  name: string,
  to: number,
  growth: Growth,
  activity: Activity,
): string | undefined {
  const { ours, reached, pools, connections } = growth;
  const [first] = ours;
  if (first === undefined) {
    return `the PgBouncer at ${seen.at} serves no database ${name}; check \`pool_size.pgbouncer\` in lifeguard.yaml`;
  }
  if (!seen.isAdmin) return adminMend(seen.user);
  if (reached.length === 0) return ownSizeMend(first.name, first.poolSize);
  if (connections === 0) {
    return `\`max_db_connections\` (${reached[0]?.maxConnections}) allows database ${reached[0]?.name} no more server connections; mend: raise it in PgBouncer`;
  }
  return lackOfRoom(`a pool size of ${to}`, connections, pools, activity);
}

function factsOf(
  seen: Seen,
  name: string,
  { ours, reached, pools, connections }: Growth,
  activity: Activity,
  revertAfterMs: number,
): { label: string; value: string }[] {
  const mine = pairsOf(seen.pools, ours);
  const own = ours.filter((one) => !reached.includes(one));
  return [
    {
      label: `Now, of ${name}`,
      value: `${total(mine, 'serversActive')} server connections at work, ${total(mine, 'clientsWaiting')} clients wait`,
    },
    {
      label: 'Can open',
      value: `${connections} more server connections (${pools} pool${pools === 1 ? '' : 's'}); the server has ${freeOf(activity)} free`,
    },
    { label: 'Undone', value: `by itself after ${duration(revertAfterMs)}` },
    ...(own.length === 0
      ? []
      : [
          {
            label: 'Not changed',
            value: own.map((one) => `${one.name} (pool_size ${one.poolSize} of its own)`).join(', '),
          },
        ]),
  ];
}

function risksOf({ growing, ours }: Growth): string[] {
  const others = growing.filter((one) => !ours.includes(one)).map(({ name }) => name);
  return [
    'It buys time and mends nothing: connections that leak or queries that are slow fill the larger pool too.',
    'A RELOAD or restart of PgBouncer brings the size of its file back earlier.',
    ...(others.length === 0 ? [] : [`The pools of ${others.join(', ')} on the same server grow too.`]),
  ];
}

/**
 * How full the pool is as its clients see it: server connections at work and clients that wait for one, of
 * all that PgBouncer may open. On the server itself a larger pool only ever looks fuller.
 */
async function poolerReading(url: string, lifeline: Lifeline): Promise<PoolReading | undefined> {
  try {
    const name = await databaseOf(lifeline);
    return await withConsole(url, async (console) => {
      const { databases } = await readSizes(console);
      const ours = databases.filter(({ database }) => database === name);
      const pairs = pairsOf(await readPools(console), ours);
      const used = total(pairs, 'serversActive') + total(pairs, 'clientsWaiting');
      const usable = ours.reduce((sum, one) => {
        const pools = Math.max(1, pairs.filter(({ database }) => database === one.name).length);
        return sum + pools * one.poolSize;
      }, 0);
      if (usable === 0) return undefined;
      return {
        used,
        usable,
        percent: (used / usable) * 100,
        at: new Date().toISOString(),
        of: 'pgbouncer',
      };
    });
  } catch {
    return undefined;
  }
}

function pairsOf(pools: readonly PooledPair[], databases: readonly PooledDatabase[]): PooledPair[] {
  return pools.filter(({ database }) => databases.some(({ name }) => name === database));
}

function total(pairs: readonly PooledPair[], key: 'serversActive' | 'clientsWaiting'): number {
  return pairs.reduce((sum, pair) => sum + pair[key], 0);
}
