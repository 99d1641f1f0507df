import { escalationFor } from '../config/lookup.ts';
import type { Config, Environment, PageConfig } from '../config/types.ts';
import type { WatchCall } from '../observe/calls.ts';
import { createEvents, type Events } from '../pagerduty/events.ts';
import { OnCalls } from '../pagerduty/on-call.ts';
import { createRest, type Rest } from '../pagerduty/rest.ts';
import { watchedEvents, watchedRest } from '../pagerduty/watched.ts';

/** PagerDuty, as the configuration reaches it. */
export interface Pager {
  readonly events: Events;
  /** Absent without an API token. */
  readonly rest: Rest | undefined;
  readonly onCalls: OnCalls;
  readonly pageOf: (pool: string | undefined, level: number) => PageConfig | undefined;
}

/** Where PagerDuty is, and a certificate authority to trust besides the usual ones. */
interface PagerOptions {
  readonly config: Config;
  readonly environment: Environment;
  readonly pagerCa?: string;
  /** Told of every call. */
  readonly watch: WatchCall;
}

/** The client of the Events API alone. */
export function createPagerEvents({ environment, pagerCa, watch }: PagerOptions): Events {
  const server = environment.pagerduty.eventsServer;
  return watchedEvents(createEvents({ server, ...(pagerCa === undefined ? {} : { ca: pagerCa }) }), watch);
}

/** Makes the clients of PagerDuty; asks nothing yet. */
export function createPager(options: PagerOptions): Pager {
  const { config } = options;
  const { apiServer, apiToken, fromEmail } = options.environment.pagerduty;
  const ca = options.pagerCa === undefined ? {} : { ca: options.pagerCa };
  const rest =
    apiToken === undefined || fromEmail === undefined
      ? undefined
      : watchedRest(createRest({ server: apiServer, token: apiToken, fromEmail, ...ca }), options.watch);
  const pagesOf = (pool: string | undefined) => escalationFor(config, pool).levels.map(({ page }) => page);
  return {
    events: createPagerEvents(options),
    rest,
    onCalls: new OnCalls({ rest, pools: [undefined, ...config.pools.map(({ name }) => name)], pagesOf }),
    pageOf: (pool, level) => pagesOf(pool)[level - 1],
  };
}
