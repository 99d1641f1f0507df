import { createHash } from 'node:crypto';
import { escalationFor } from '../config/lookup.ts';
import type { Config, RoutedPage } from '../config/types.ts';
import type { Health } from '../observe/health.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Events } from '../pagerduty/events.ts';
import { systemTimers, type Timers } from '../pool/timers.ts';
import type { createSlackClient } from '../slack/client.ts';
import { sayOnce } from '../slack/say-once.ts';
import type { Alarms } from '../store/alarms.ts';
import { Heartbeat } from '../watchdog/heartbeat.ts';
import { createAlertWatch } from '../watchdog/sightings.ts';
import { type Part, Watchdog } from '../watchdog/watchdog.ts';
import { lifelineTrouble, type Pools } from './pools.ts';

export interface WatchdogParts {
  readonly config: Config;
  readonly events: Events;
  readonly slack: ReturnType<typeof createSlackClient>;
  readonly pools: Pools;
  /** Absent until everything has started. */
  readonly health: () => Health | undefined;
  /** Absent until the store is there. */
  readonly alarms: () => Alarms | undefined;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly timers?: Timers;
}

/** The dead man's switch over everything that this replica needs. */
export function createWatchdog(options: WatchdogParts): Watchdog {
  const { config, events, slack, pools, health, alarms, log, metrics } = options;
  const own = config.watchdog?.page ?? firstPage(config);
  const page = own === undefined ? {} : { page: own };
  const parts: Part[] = [
    ...(['store', 'queue', 'slack'] as const).map(
      (name): Part => ({
        name,
        ...page,
        trouble: async () => {
          const readiness = await health()?.ready();
          if (readiness === undefined && name === 'store') return 'it has not answered since the start';
          const part = readiness?.parts[name];
          if (part === undefined) throw new Error('not started yet');
          return part.ok ? undefined : `down: ${part.detail ?? 'no reason given'}`;
        },
      }),
    ),
    ...[...pools.all()].map((pool): Part => {
      const { name } = pool.config;
      const ofPool = config.watchdog?.page ?? firstPage(config, name) ?? own;
      return {
        name: `pool ${name}`,
        ...(ofPool === undefined ? {} : { page: ofPool }),
        trouble: async () => lifelineTrouble(pool),
      };
    }),
  ];
  const { watchdog } = config;
  if (watchdog !== undefined) {
    const { everyMs, graceMs, alertname } = watchdog;
    let look: (() => Promise<string | undefined>) | undefined;
    parts.push({
      name: 'alerts',
      ...page,
      patienceMs: 0,
      trouble: async () => {
        const kept = alarms();
        if (kept === undefined) throw new Error('not started yet');
        look ??= createAlertWatch({
          alarms: kept,
          everyMs,
          graceMs,
          alertname,
          onSeen: metrics.watchdogSeen,
        });
        return look();
      },
    });
  }
  return new Watchdog({
    parts,
    installation: installationOf(config),
    send: (event) => events.send(event),
    tell: async (text, unagreed) => {
      const { channel } = config.slack;
      if (unagreed === undefined) await slack.chat.postMessage({ channel, text });
      else await sayOnce(slack, { channel, text, ...unagreed });
    },
    alarms,
    timers: options.timers ?? systemTimers,
    log,
    metrics,
  });
}

/** The sign of life, where one is configured. */
export function createHeartbeat(
  options: Pick<WatchdogParts, 'config' | 'health' | 'log' | 'metrics' | 'timers'>,
): Heartbeat | undefined {
  const { config, health, log, metrics, timers = systemTimers } = options;
  if (config.heartbeat === undefined) return undefined;
  // Whoever waits for the beat is also the one to be told by it that pages do not go out.
  const isReady = async () => {
    const readiness = await health()?.ready();
    return readiness?.ok === true && readiness.parts['pagerduty']?.ok !== false;
  };
  return new Heartbeat({ ...config.heartbeat, isReady, timers, log, metrics });
}

function firstPage(config: Config, pool?: string): RoutedPage | undefined {
  const page = escalationFor(config, pool).levels[0]?.page;
  return page !== undefined && 'routingKey' in page ? page : undefined;
}

/** The same for all replicas, and hardly for two installations that page one service. */
function installationOf({ slack, pools }: Config): string {
  const names = JSON.stringify([slack.channel, ...pools.map(({ name }) => name)]);
  return createHash('sha256').update(names).digest('hex').slice(0, 8);
}
