import { createHmac } from 'node:crypto';
import type { WebhookTarget } from '../../config/types.ts';
import { agentsFor, FORBIDDEN_CODE, FORBIDDEN_MEND } from '../../outward/agents.ts';
import type { RemedyResult } from '../remedy.ts';

/** The answer's content is not looked at; more than this is not even read. */
const MOST_BYTES = 64 * 1024;

/** What a webhook is told; `docs/webhooks.md` describes it for those who receive it. */
export interface WebhookBody {
  readonly version: 1;
  readonly action: string;
  readonly pool: string;
  readonly [name: string]: unknown;
}

/** One call of a webhook. */
export interface WebhookCall {
  /** Where in lifeguard.yaml the webhook stands, such as `restart.webhook`. */
  readonly place: string;
  readonly body: WebhookBody;
  /** Names what is to be done: the receiver does it once, however often it is told. */
  readonly key: string;
  readonly now: Date;
  /** What was done when the receiver has taken it. */
  readonly done: string;
}

/**
 * Tells a webhook to do something, signed. Never throws: an answer other than 2xx, or none, is a failure
 * with its mend. Follows no redirect: a signed order is for the one it was signed for.
 */
export async function callWebhook(target: WebhookTarget, call: WebhookCall): Promise<RemedyResult> {
  const began = performance.now();
  const ended = (outcome: RemedyResult['outcome'], detail: string): RemedyResult => ({
    outcome,
    detail,
    ms: Math.round(performance.now() - began),
  });
  const unanswered = (how: string): RemedyResult => ({
    ...ended(
      'failed',
      `the webhook at ${host} ${how}: it may have been done or not, so look before you ask again; mend: look at the receiver, or raise \`${call.place}.timeout\``,
    ),
    unknown: true,
  });
  const raw = JSON.stringify({ ...call.body, key: call.key });
  const timestamp = String(Math.floor(call.now.getTime() / 1_000));
  const { host } = new URL(target.url);
  // Loaded with the first call: few pools have a webhook.
  const { default: axios } = await import('axios');
  try {
    const { status } = await axios.post<unknown>(target.url, raw, {
      ...agentsFor(target),
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'Lifeguard',
        'Idempotency-Key': call.key,
        'X-Lifeguard-Timestamp': timestamp,
        'X-Lifeguard-Signature': signatureOf(target.secret, timestamp, raw),
      },
      // Ours is signed as it is: nothing may write it anew.
      transformRequest: [(data: string) => data],
      responseType: 'text',
      timeout: target.timeoutMs,
      signal: AbortSignal.timeout(target.timeoutMs),
      maxContentLength: MOST_BYTES,
      maxRedirects: 0,
      validateStatus: () => true,
    });
    if (status >= 200 && status < 300) return ended('done', call.done);
    return ended('failed', `the webhook at ${host} answered ${status}: ${mendOf(status, call.place)}`);
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 'ERR_CANCELED' || code === 'ECONNABORTED' || code === 'ETIMEDOUT') {
      return unanswered(`gave no answer within ${target.timeoutMs / 1_000} s`);
    }
    if (code === 'ECONNRESET' || code === 'EPIPE') return unanswered(`broke off without an answer (${code})`);
    if (code === FORBIDDEN_CODE) {
      return ended('failed', `the webhook at ${host} is not called; mend: ${FORBIDDEN_MEND}`);
    }
    const why = typeof code === 'string' ? code : 'error';
    return ended(
      'failed',
      `the webhook at ${host} cannot be reached (${why}); mend: start the receiver, or correct \`${call.place}.url\``,
    );
  }
}

/**
 * The signature of a body: `v1=` and the HMAC-SHA256, in hex, of the timestamp, a dot and the body as sent.
 * The timestamp is signed too, so that a request that somebody recorded is of no use later.
 *
 * @param timestamp seconds since 1970, as the header carries them
 */
export function signatureOf(secret: string, timestamp: string, raw: string): string {
  return `v1=${createHmac('sha256', secret).update(`${timestamp}.${raw}`).digest('hex')}`;
}

function mendOf(status: number, place: string): string {
  if (status >= 300 && status < 400)
    return `a signed request is not sent on to another address; mend: put the final one into \`${place}.url\``;
  if (status === 401 || status === 403)
    return `it does not accept the signature; mend: set \`${place}.secret\` to what the receiver has`;
  if (status === 404 || status === 405) return `mend: correct \`${place}.url\``;
  return 'mend: look at the receiver’s log';
}
