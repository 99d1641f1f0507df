import type { IncomingMessage } from 'node:http';
import { secretsIn } from '../config/several.ts';
import type { Loop, Submission } from '../effects/loop.ts';
import type { Alert } from '../incident/alerts.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { poolKey } from '../store/commit.ts';
import { MalformedNotification, type Notification, readNotification } from './alertmanager-schema.ts';
import { alertOf, groupKeyOf } from './alerts.ts';
import { givenSecret, isOneOf } from './credentials.ts';
import type { Gate } from './gate.ts';
import { NotJson } from './json.ts';
import { createReceiver, Refused, type RequestHandler } from './receiver.ts';
import { SpareIds } from './spare-ids.ts';

export interface AlertmanagerIntakeOptions {
  readonly loop: Pick<Loop, 'submitAll'>;
  /** ALERTMANAGER_WEBHOOK_TOKEN, or several with blanks between; without one everybody is refused, unless `openToAll`. */
  readonly token: string | undefined;
  /** Lets everybody in while there is no token: the demo. */
  readonly openToAll: boolean;
  /** The name of the pool that the labels are tied to. */
  readonly poolFor: (labels: Readonly<Record<string, string>>) => string | undefined;
  /** An id for a new incident that nobody was given before. */
  readonly nextIncidentId: () => Promise<string>;
  /** Alertmanager's always-firing alert, which opens no incident; `onSeen` resolves once that is stored. */
  readonly watchdog?: { readonly alertname: string; readonly onSeen: () => Promise<void> } | undefined;
  /** A resolved incident takes a new alert for this long, in milliseconds. */
  readonly reopenWithinMs: number;
  readonly gate?: Gate;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'webhook'>;
}

/**
 * Makes the handler of `POST /webhooks/alertmanager`, Alertmanager's webhook of version 4.
 *
 * 200 with the ids of the incidents once all of the notification is committed; 400 naming the field,
 * 401, 405, 413; 503 for every fault of our own. A notification is taken whole, in one transaction,
 * or not at all; taken twice it changes nothing the second time. Never rejects.
 */
export function createAlertmanagerIntake(options: AlertmanagerIntakeOptions): RequestHandler {
  const { metrics } = options;
  const log = options.log.child({ source: 'alertmanager' });
  const ids = new SpareIds(options.nextIncidentId);

  async function take(body: Buffer): Promise<object> {
    const notification = read(body);
    const alerts = notification.alerts.map(alertOf);
    const isWatchdog = ({ labels }: Alert): boolean => labels['alertname'] === options.watchdog?.alertname;
    const seen = alerts.filter(isWatchdog);
    if (options.watchdog !== undefined && seen.some(({ status }) => status === 'firing')) {
      await options.watchdog.onSeen();
    }
    const parts = split(
      options.watchdog === undefined ? alerts : alerts.filter((one) => !isWatchdog(one)),
      options.poolFor,
    );
    if (parts.length === 0) return { status: 'ok', incidents: [] };
    const given = await ids.take(parts.length);
    const submissions = parts.map(
      ({ pool, alerts }, index): Submission => ({
        to: {
          key: pool === undefined ? groupKeyOf(notification.groupKey) : poolKey(pool),
          reopenWithinMs: options.reopenWithinMs,
        },
        command: { type: 'ReceiveAlerts', id: given[index] ?? '', alerts, source: 'alertmanager' },
        ...(pool === undefined ? {} : { pool }),
      }),
    );
    // When this throws it is not certain that nothing was committed: the ids are not used again.
    const results = await options.loop.submitAll(submissions);
    const incidents = [...new Set(results.flatMap(({ incident }) => incident?.id ?? []))];
    ids.giveBack(given.filter((id) => !incidents.includes(id)));

    const truncated = notification.truncatedAlerts ?? 0;
    for (const [index, { incident, events }] of results.entries()) {
      const about = { incident: incident?.id, alerts: parts[index]?.alerts.length };
      log.info({ ...about, events: events.length }, 'a notification was committed');
      if (truncated > 0) {
        log.warn(
          { ...about, truncated },
          'Alertmanager left alerts out: raise max_alerts of its webhook_config',
        );
      }
    }
    return { status: 'ok', incidents };
  }

  return createReceiver({
    source: 'alertmanager',
    known: 'by head',
    admit: (req) => admit(req, options),
    take,
    gate: options.gate,
    log: options.log,
    metrics,
  });
}

function read(body: Buffer): Notification {
  try {
    return readNotification(body);
  } catch (error) {
    if (error instanceof NotJson) throw new Refused(400, `body: ${error.message}`);
    if (error instanceof MalformedNotification) throw new Refused(400, error.message);
    throw error;
  }
}

function admit(req: IncomingMessage, options: AlertmanagerIntakeOptions): void {
  const { token = '', openToAll } = options;
  if (token === '' && openToAll) return;
  if (token === '') throw unauthorized('set ALERTMANAGER_WEBHOOK_TOKEN');
  const given = givenSecret(req.headers);
  if (given === undefined) {
    throw unauthorized(
      'send the token in ALERTMANAGER_WEBHOOK_TOKEN: as credentials of http_config.authorization, ' +
        'or as the password of http_config.basic_auth',
    );
  }
  if (!isOneOf(given, secretsIn(token)))
    throw unauthorized('the token is not the one in ALERTMANAGER_WEBHOOK_TOKEN');
}

function unauthorized(why: string): Refused {
  return new Refused(401, why, { 'www-authenticate': 'Bearer, Basic realm="lifeguard"' });
}

/** The alerts by the pool they are tied to, in the order in which the pools come up. */
function split(
  all: readonly Alert[],
  poolFor: AlertmanagerIntakeOptions['poolFor'],
): { readonly pool: string | undefined; readonly alerts: readonly Alert[] }[] {
  const byPool = new Map<string | undefined, Alert[]>();
  for (const alert of all) {
    const pool = poolFor(alert.labels);
    const others = byPool.get(pool);
    if (others === undefined) byPool.set(pool, [alert]);
    else others.push(alert);
  }
  return [...byPool].map(([pool, alerts]) => ({ pool, alerts }));
}
