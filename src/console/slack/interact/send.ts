import { createHmac } from 'node:crypto';

/** How an app is reached and recognises Slack. */
export interface AppAddress {
  /** Where the app takes commands, clicks and events: `http://127.0.0.1:3000/slack/events`. */
  readonly eventsUrl: string;
  readonly signingSecret: string;
  /** How long Slack waits for the acknowledgement, milliseconds; three seconds when left out. */
  readonly ackTimeoutMs?: number;
}

/** How the app took it. */
export type Delivery =
  | { readonly outcome: 'acknowledged'; readonly ms: number; readonly body: unknown }
  | { readonly outcome: 'operation_timeout'; readonly ms: number }
  | { readonly outcome: 'dispatch_failed'; readonly ms: number; readonly status?: number };

/** An app that has not answered by then gets no second chance (docs.slack.dev/interactivity). */
export const ACK_TIMEOUT_MS = 3_000;

const MILLISECONDS_PER_SECOND = 1_000;

/**
 * Slack's signature of a request (docs.slack.dev/authentication/verifying-requests-from-slack).
 * @param timestamp seconds since 1970, as sent in `x-slack-request-timestamp`
 * @returns the value of `x-slack-signature`
 */
export function sign(signingSecret: string, timestamp: number, body: string): string {
  return `v0=${createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
}

/** Posts form fields, the way Slack sends commands and (as one field, `payload`) clicks. */
export function sendForm(app: AppAddress, fields: Readonly<Record<string, string>>): Promise<Delivery> {
  return post(app, 'application/x-www-form-urlencoded', new URLSearchParams(fields).toString());
}

/** Posts a JSON body, the way Slack sends events. */
export function sendJson(app: AppAddress, body: unknown): Promise<Delivery> {
  return post(app, 'application/json', JSON.stringify(body));
}

async function post(app: AppAddress, contentType: string, body: string): Promise<Delivery> {
  const started = performance.now();
  const elapsed = (): number => performance.now() - started;
  const timestamp = Math.floor(Date.now() / MILLISECONDS_PER_SECOND);
  const timeout = AbortSignal.timeout(app.ackTimeoutMs ?? ACK_TIMEOUT_MS);
  try {
    const response = await fetch(app.eventsUrl, {
      method: 'POST',
      headers: {
        'content-type': contentType,
        'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
        'x-slack-request-timestamp': String(timestamp),
        'x-slack-signature': sign(app.signingSecret, timestamp, body),
      },
      body,
      signal: timeout,
    });
    const text = await response.text();
    if (!response.ok) return { outcome: 'dispatch_failed', ms: elapsed(), status: response.status };
    return {
      outcome: 'acknowledged',
      ms: elapsed(),
      body: parse(text, response.headers.get('content-type') ?? ''),
    };
  } catch {
    return { outcome: timeout.aborted ? 'operation_timeout' : 'dispatch_failed', ms: elapsed() };
  }
}

/** JSON as a value, other words as a string, an empty body as nothing. */
function parse(text: string, contentType: string): unknown {
  if (text === '') return undefined;
  if (!contentType.includes('application/json')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
