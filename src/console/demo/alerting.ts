import { createHash } from 'node:crypto';
import axios from 'axios';

/** How often the rule is looked at, in milliseconds; Prometheus's own default is a minute. */
const EVALUATE_EVERY_MS = 500;

/** The pool must be over, or under, the threshold for this long; minutes in real life. */
const FOR_MS = 1_500;

/** The notification is repeated like this while it fires, as Alertmanager does by `repeat_interval`. */
const REPEAT_MS = 20_000;

/** A related alert follows the first one after this long, into the same incident. */
const RELATED_AFTER_MS = 6_000;

const THRESHOLD = 90;

const MAIN = 'DatabaseConnectionPoolExhaustion';
const RELATED = 'HighAPILatency';

export interface AlertingOptions {
  /** Lifeguard's webhook. */
  readonly webhookUrl: string;
  /** The pool's utilisation now, in per cent; rejects when it cannot be measured. */
  readonly utilisation: () => Promise<number>;
  /** The alerts that fired before a restart, by name, with the time each began. */
  readonly firing?: Readonly<Record<string, string>>;
  readonly onPosted: (status: 'firing' | 'resolved', percent: number) => void;
}

/** The demo's Prometheus and Alertmanager in one: a rule, and webhooks by HTTP when it changes. */
export interface Alerting {
  stop(): void;
}

/** Watches the pool and posts what Alertmanager would post: firing, repeats, a related alert, resolved. */
export function startAlerting(options: AlertingOptions): Alerting {
  let startsAt = options.firing?.[MAIN];
  let related = options.firing?.[RELATED];
  let since: number | undefined;
  let postedAt = 0;
  let busy = false;

  async function evaluate(): Promise<void> {
    const percent = await options.utilisation();
    const now = Date.now();
    const over = percent > THRESHOLD;
    if (over === (startsAt !== undefined)) {
      since = undefined;
      if (startsAt === undefined) return;
      const isNew = related === undefined && now - Date.parse(startsAt) >= RELATED_AFTER_MS;
      if (isNew) related = new Date(now).toISOString();
      if (isNew || now - postedAt >= REPEAT_MS) await post(percent, 'firing');
      return;
    }
    since ??= now;
    if (now - since < FOR_MS) return;
    since = undefined;
    if (over) {
      startsAt = new Date(now).toISOString();
      await post(percent, 'firing');
    } else {
      await post(percent, 'resolved');
      startsAt = undefined;
      related = undefined;
    }
  }

  async function post(percent: number, status: 'firing' | 'resolved'): Promise<void> {
    const alerts = [alert(MAIN, status, startsAt ?? '', percent)];
    if (related !== undefined) alerts.push(alert(RELATED, status, related, percent));
    await axios.post(options.webhookUrl, notification(status, alerts), { timeout: 5_000 });
    postedAt = Date.now();
    options.onPosted(status, percent);
  }

  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    // A notification that did not get through is sent again at the next look, as Alertmanager would.
    evaluate()
      .catch(() => undefined)
      .finally(() => {
        busy = false;
      });
  }, EVALUATE_EVERY_MS);
  return { stop: () => clearInterval(timer) };
}

function alert(alertname: string, status: 'firing' | 'resolved', startsAt: string, percent: number) {
  const labels = { alertname, datname: 'catalytic_db', service: 'catalytic-api', severity: 'critical' };
  const summary =
    alertname === RELATED
      ? 'catalytic-api answers slowly'
      : `catalytic_db uses ${Math.round(percent)} % of its connections`;
  return {
    status,
    labels,
    annotations: { summary },
    startsAt,
    endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : new Date().toISOString(),
    generatorURL: 'http://localhost:9090/graph',
    fingerprint: createHash('sha1').update(JSON.stringify(labels)).digest('hex').slice(0, 16),
  };
}

function notification(status: 'firing' | 'resolved', alerts: readonly object[]) {
  return {
    version: '4',
    groupKey: '{}:{datname="catalytic_db"}',
    truncatedAlerts: 0,
    status,
    receiver: 'lifeguard',
    groupLabels: { datname: 'catalytic_db' },
    commonLabels: { datname: 'catalytic_db', severity: 'critical' },
    commonAnnotations: {},
    externalURL: 'http://localhost:9093',
    alerts,
  };
}
