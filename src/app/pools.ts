import type { Config, PoolConfig } from '../config/types.ts';
import type { Action } from '../incident/remedy.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { inScope } from '../observe/scope.ts';
import { readActivity } from '../pool/activity.ts';
import { Lifeline } from '../pool/lifeline.ts';
import { readLocks } from '../pool/locks.ts';
import { previewOf } from '../remedies/registry.ts';
import type { PoolDesk } from '../slack/desk.ts';

/** A pool with its connection. */
export interface Pool {
  readonly config: PoolConfig;
  readonly lifeline: Lifeline;
}

/** The remedies that need a way of their own and have one here. */
function configuredIn({ restart, poolSize }: PoolConfig): ReadonlySet<Action> {
  const ways: readonly (readonly [Action, unknown])[] = [
    ['restart', restart],
    ['pool_size', poolSize],
  ];
  return new Set(ways.filter(([, way]) => way !== undefined).map(([action]) => action));
}

/** Why the connection that is held for a pool is down, in words for anyone; `undefined` while it is up. */
export function lifelineTrouble({ lifeline }: Pick<Pool, 'lifeline'>): string | undefined {
  const { up, lastError } = lifeline.state();
  return up ? undefined : `the connection held for it is down: ${lastError?.code ?? 'not open yet'}`;
}

/** The pools of the configuration, each with its one warm connection. */
export class Pools {
  readonly #pools = new Map<string, Pool>();

  constructor(config: Config, options: { readonly log: Logger; readonly metrics: Metrics }) {
    for (const pool of config.pools) {
      const log = options.log.child({ pool: pool.name });
      const lifeline = new Lifeline({
        url: pool.databaseUrl,
        onChange: (state) => {
          options.metrics.lifeline(pool.name, state.up);
          // It is the pool's, whoever's statement it was that noticed.
          inScope({}, () => {
            if (state.up) log.info('the connection to the pool is open');
            else log.warn({ code: state.lastError?.code }, 'the connection to the pool is down');
          });
        },
      });
      this.#pools.set(pool.name, { config: pool, lifeline });
    }
  }

  /** Opens all connections at the same time; one that cannot be opened is tried again for ever. */
  async start(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.lifeline.start()));
  }

  /** All pools, in the order of the configuration. */
  all(): Iterable<Pool> {
    return this.#pools.values();
  }

  /** The pool's configuration, if there is one. */
  configOf(name: string): PoolConfig | undefined {
    return this.#pools.get(name)?.config;
  }

  /** The pool's connection, if the pool is configured. */
  lifelineOf(name: string): Lifeline | undefined {
    return this.#pools.get(name)?.lifeline;
  }

  /** What the listeners can ask of each pool. */
  desks(
    defaultChannel: string,
    diagnose: (pool: string) => ReturnType<PoolDesk['diagnose']>,
  ): Map<string, PoolDesk> {
    const desks = new Map<string, PoolDesk>();
    for (const [name, { config, lifeline }] of this.#pools) {
      desks.set(name, {
        name,
        channel: config.channel ?? defaultChannel,
        configured: configuredIn(config),
        activity: () => readActivity(lifeline),
        locks: () => readLocks(lifeline),
        diagnose: () => diagnose(name),
        preview: (wish) => previewOf(lifeline, wish, new Date(), config),
      });
    }
    return desks;
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.lifeline.close()));
  }
}
