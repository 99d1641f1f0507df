import type { IncomingMessage } from 'node:http';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { OUR_KEY } from '../pagerduty/notice.ts';
import { isSigned, verifySignature } from '../pagerduty/signature.ts';
import { type PagerDutyNotice, parseWebhook, WebhookError } from '../pagerduty/webhook.ts';
import type { Gate } from './gate.ts';
import { createReceiver, Refused, type RequestHandler } from './receiver.ts';

/**
 * PagerDuty gives a delivery up within the hour, and an outage of ours is no longer: what is older than
 * this was recorded by somebody and is played again.
 */
export const OLDEST_MS = 24 * 60 * 60_000;

export interface PagerDutyIntakeOptions {
  /** The secrets of the webhook subscriptions; none: the endpoint is off. */
  readonly secrets: readonly string[];
  /** Takes in what happened; resolves once it is committed. Deliveries may repeat: `notice.id` is the same then. */
  readonly onNotice: (notice: PagerDutyNotice) => Promise<void>;
  /** Milliseconds since 1970; the system's clock when left out. */
  readonly now?: () => number;
  readonly gate?: Gate;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'webhook'>;
}

/**
 * Makes the handler of `POST /webhooks/pagerduty`, PagerDuty's webhooks v3.
 *
 * 200 once `onNotice` has committed; 404 while no secret is set, 405, 413, 401 when no signature over
 * the raw body matches or what is told is more than a day old, 400 naming the field; 503 for every fault of our own. Never rejects.
 */
export function createPagerDutyIntake(options: PagerDutyIntakeOptions): RequestHandler {
  const { secrets, onNotice, metrics } = options;
  const log = options.log.child({ source: 'pagerduty' });

  async function take(body: Buffer, req: IncomingMessage): Promise<object> {
    if (!verifySignature(body, signatureOf(req), secrets)) {
      throw unsigned();
    }
    const notice = read(body);
    if ((options.now?.() ?? Date.now()) - Date.parse(notice.at) > OLDEST_MS) {
      throw new Refused(401, 'event.occurred_at is more than a day ago: this is a replay');
    }
    await onNotice(notice);
    const [, incident] = OUR_KEY.exec(notice.incidentKey ?? '') ?? [];
    const about = incident === undefined ? {} : { incident };
    log.info({ ...about, notice: notice.id, kind: notice.kind }, 'a webhook of PagerDuty was taken in');
    return { status: 'ok' };
  }

  /** What no key has signed is refused by its head, before its body is read. */
  function admit(req: IncomingMessage): void {
    if (!isSigned(signatureOf(req))) throw unsigned();
  }

  const off = secrets.length === 0 ? { off: 'this is off: set PAGERDUTY_WEBHOOK_SECRET' } : {};
  return createReceiver({
    source: 'pagerduty',
    known: 'by body',
    ...off,
    admit,
    take,
    gate: options.gate,
    log: options.log,
    metrics,
  });
}

function read(body: Buffer): PagerDutyNotice {
  try {
    return parseWebhook(body);
  } catch (error) {
    throw error instanceof WebhookError ? new Refused(400, error.message) : error;
  }
}

function unsigned(): Refused {
  return new Refused(401, 'no signature in X-PagerDuty-Signature matches PAGERDUTY_WEBHOOK_SECRET');
}

function signatureOf(req: IncomingMessage): string | undefined {
  const header = req.headers['x-pagerduty-signature'];
  return Array.isArray(header) ? header.join(',') : header;
}
