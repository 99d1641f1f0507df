import { WebClient } from '@slack/web-api';
import type { Logger } from '../observe/log.ts';
import { boltLogger } from './logger.ts';

/** A call that takes longer than this is taken for lost; the queue tries again. */
export const CALL_TIMEOUT_MS = 10_000;

/**
 * Slack's Web API. It tries nothing again by itself and waits for no rate limit: with its defaults
 * one click can hang for minutes. Retrying is the queue's work.
 */
export function createSlackClient(options: { token: string; apiUrl: string; log: Logger }): WebClient {
  return new WebClient(options.token, clientOptions(options));
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
