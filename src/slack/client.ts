import {
  type WebAPICallResult,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebClient,
} from '@slack/web-api';
import { Later } from '../effects/handler.ts';
import { type CallEnd, unwatched, type WatchCall } from '../observe/calls.ts';
import type { Logger } from '../observe/log.ts';
import { boltLogger } from './logger.ts';

/** A call that takes longer than this is taken for lost; the queue tries again. */
export const CALL_TIMEOUT_MS = 10_000;

export interface SlackClientOptions {
  readonly token: string;
  readonly apiUrl: string;
  readonly log: Logger;
  /** Told of every call; {@link unwatched} when left out. */
  readonly watch?: WatchCall;
  /** Whether this process is about to end: a call that began now might not see its answer, so it is left to another. */
  readonly isLeaving?: () => boolean;
}

/**
 * Slack's Web API. It tries nothing again by itself and waits for no rate limit: with its defaults
 * one click can hang for minutes. Retrying is the queue's work.
 */
export function createSlackClient(options: SlackClientOptions): WebClient {
  const { watch = unwatched, isLeaving = () => false } = options;
  // The methods (`chat.postMessage` and so on) are bound to this one while the client is being made.
  class WatchedClient extends WebClient {
    override async apiCall(method: string, options?: Record<string, unknown>): Promise<WebAPICallResult> {
      if (isLeaving()) throw new Later('this process is ending', { afterMs: 0 });
      return watch('slack', method, () => super.apiCall(method, options), endOf);
    }
  }
  return new WatchedClient(options.token, clientOptions(options));
}

/** The same settings for the client that Bolt makes. */
export function clientOptions(options: { apiUrl: string; log: Logger }) {
  return {
    slackApiUrl: options.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: CALL_TIMEOUT_MS,
    allowAbsoluteUrls: false,
    logger: boltLogger(options.log),
  };
}

/** Slack answers an error with 200 and a code of its own; the client makes errors of all that is not `ok`. */
function endOf(result: { readonly value: WebAPICallResult } | { readonly error: unknown }): CallEnd {
  if ('value' in result) return { outcome: 'ok' };
  const { error } = result;
  if (error instanceof WebAPIRateLimitedError) {
    return { outcome: 'rate_limited', code: 'ratelimited', waitMs: error.retryAfter * 1_000 };
  }
  if (error instanceof WebAPIPlatformError) return { outcome: 'refused', code: error.data.error };
  if (error instanceof WebAPIHTTPError) return { outcome: 'unavailable', code: String(error.statusCode) };
  return { outcome: 'unavailable', code: 'no_answer' };
}
