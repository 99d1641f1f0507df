import { poolFor } from '../config/lookup.ts';
import type { Config, Environment } from '../config/types.ts';
import { createAlertmanagerIntake } from '../intake/alertmanager.ts';
import type { Gate } from '../intake/gate.ts';
import { createPagerDutyIntake } from '../intake/pagerduty.ts';
import type { Route } from '../intake/router.ts';
import { createSlackIntake } from '../intake/slack.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { createNoticeTaker } from '../pagerduty/notice.ts';
import { SLACK_PATH, type SlackApp } from '../slack/app.ts';
import { Pages } from '../store/pages.ts';
import type { Store } from '../store/store.ts';
import type { Engine } from './engine.ts';

const ALERTMANAGER_PATH = '/webhooks/alertmanager';
const PAGERDUTY_PATH = '/webhooks/pagerduty';

/** Where webhooks come in, Slack's aside. */
export const WEBHOOKS: readonly string[] = [ALERTMANAGER_PATH, PAGERDUTY_PATH];

/** What the intakes are made of. */
export interface IntakesOptions {
  readonly config: Config;
  readonly environment: Environment;
  readonly store: Store;
  readonly engine: Engine;
  /** Stores that Alertmanager's watchdog alert was seen. */
  readonly sight: () => Promise<void>;
  /** Bolt's receiver; absent in Socket Mode. */
  readonly slackHttp: SlackApp['http'];
  readonly gate: Gate;
  readonly openToAll: boolean;
  readonly clock: () => Date;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Who answers what comes in from outside, by path. */
export function intakesOf(options: IntakesOptions): Readonly<Record<string, Route>> {
  const { config, environment, store, engine, sight, slackHttp, gate, log, metrics } = options;
  return {
    [ALERTMANAGER_PATH]: createAlertmanagerIntake({
      loop: engine.loop,
      token: environment.alertmanagerToken,
      gate,
      openToAll: options.openToAll,
      poolFor: (labels) => poolFor(config, labels)?.name,
      nextIncidentId: () => store.nextIncidentId(),
      reopenWithinMs: config.reopenWithinMs,
      watchdog:
        config.watchdog === undefined ? undefined : { alertname: config.watchdog.alertname, onSeen: sight },
      log,
      metrics,
    }),
    [PAGERDUTY_PATH]: createPagerDutyIntake({
      secrets: environment.pagerduty.webhookSecrets,
      gate,
      onNotice: createNoticeTaker({
        loop: engine.loop,
        pages: new Pages(store.pool),
        keyOf: engine.pager.rest?.incidentKey,
        metrics,
      }),
      now: () => options.clock().getTime(),
      log,
      metrics,
    }),
    ...(slackHttp === undefined
      ? {}
      : { [SLACK_PATH]: createSlackIntake({ listener: slackHttp.requestListener, gate, log }) }),
  };
}
