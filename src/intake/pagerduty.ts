import type { IncomingMessage } from 'node:http';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { verifySignature } from '../pagerduty/signature.ts';
import { type PagerDutyNotice, parseWebhook, WebhookError } from '../pagerduty/webhook.ts';
import { createReceiver, Refused, type RequestHandler } from './receiver.ts';

export interface PagerDutyIntakeOptions {
  /** The secrets of the webhook subscriptions; none: the endpoint is off. See `splitSecrets`. */
  readonly secrets: readonly string[];
  /** Takes in what happened; resolves once it is committed. Deliveries may repeat: `notice.id` is the same then. */
  readonly onNotice: (notice: PagerDutyNotice) => Promise<void>;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'webhook'>;
}

/** The secrets in PAGERDUTY_WEBHOOK_SECRET: several, separated by commas, while one is being replaced. */
export function splitSecrets(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
}

/**
 * Makes the handler of `POST /webhooks/pagerduty`, PagerDuty's webhooks v3.
 *
 * 200 once `onNotice` has committed; 404 while no secret is set, 405, 413, 401 when no signature over
 * the raw body matches, 400 naming the field; 503 for every fault of our own. Never rejects.
 */
export function createPagerDutyIntake(options: PagerDutyIntakeOptions): RequestHandler {
  const { secrets, onNotice, log, metrics } = options;

  async function take(body: Buffer, req: IncomingMessage): Promise<object> {
    if (!verifySignature(body, signatureOf(req), secrets)) {
      throw new Refused(401, 'no signature in X-PagerDuty-Signature matches PAGERDUTY_WEBHOOK_SECRET');
    }
    const notice = read(body);
    await onNotice(notice);
    log.info({ notice: notice.id, kind: notice.kind }, 'a webhook of PagerDuty was taken in');
    return { status: 'ok' };
  }

  const off = secrets.length === 0 ? { off: 'this is off: set PAGERDUTY_WEBHOOK_SECRET' } : {};
  return createReceiver({ source: 'pagerduty', ...off, take, log, metrics });
}

function read(body: Buffer): PagerDutyNotice {
  try {
    return parseWebhook(body);
  } catch (error) {
    throw error instanceof WebhookError ? new Refused(400, error.message) : error;
  }
}

function signatureOf(req: IncomingMessage): string | undefined {
  const header = req.headers['x-pagerduty-signature'];
  return Array.isArray(header) ? header.join(',') : header;
}
