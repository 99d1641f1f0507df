import { type Check, createHealth, type Health } from '../observe/health.ts';
import type { createSlackClient } from '../slack/client.ts';
import type { Store } from '../store/store.ts';
import type { Engine } from './engine.ts';
import { lifelineTrouble, type Pools } from './pools.ts';

/** A health check that takes longer than this has failed. */
const CHECK_TIMEOUT_MS = 2_000;

/** Slack is asked how it is at most this often, however often we are probed. */
const SLACK_CHECK_EVERY_MS = 5_000;

/** What readiness is made of. */
export interface ReadinessOptions {
  readonly store: Pick<Store, 'ping'>;
  readonly engine: Pick<Engine, 'queue' | 'pagerTrouble'>;
  readonly pools: Pools;
  readonly askSlack: Check;
  /** Why Slack's own connection is down; `undefined` when it is not, or there is none. */
  readonly slackTrouble: () => string | undefined;
  /** Milliseconds of a clock that does not jump. */
  readonly now: () => number;
}

/** Whether this replica can do its work: the store, the queue and Slack decide; the rest is named beside them. */
export function healthOf({ store, engine, pools, askSlack, slackTrouble, now }: ReadinessOptions): Health {
  return createHealth({
    timeoutMs: CHECK_TIMEOUT_MS,
    now,
    checks: {
      store: async () => {
        await store.ping();
        return undefined;
      },
      queue: async () => {
        await engine.queue.ping();
        return undefined;
      },
      slack: async () => (await askSlack()) ?? slackTrouble(),
    },
    // A replica that is taken out of service for these would take no alerts either, and help nobody.
    besides: { pagerduty: async () => engine.pagerTrouble(), ...poolChecks(pools) },
  });
}

/** Asks Slack how it is. @param now milliseconds of a clock that does not jump */
export function slackCheck(client: ReturnType<typeof createSlackClient>, now: () => number): Check {
  return every(SLACK_CHECK_EVERY_MS, now, async () => {
    await client.auth.test();
    return undefined;
  });
}

/** The connections that are held for the pools, as parts of `/readyz`. */
function poolChecks(pools: Pools): Record<string, Check> {
  const named = [...pools.all()].map((pool): [string, Check] => [
    `pool ${pool.config.name}`,
    async () => lifelineTrouble(pool),
  ]);
  return Object.fromEntries(named);
}

/** The last answer of a check is good for `ms`: probes must not use up Slack's rate limit. */
function every(ms: number, now: () => number, check: Check): Check {
  let last: { readonly at: number; readonly answer: Promise<string | undefined> } | undefined;
  return () => {
    const at = now();
    if (last === undefined || at - last.at > ms) last = { at, answer: check() };
    return last.answer;
  };
}
