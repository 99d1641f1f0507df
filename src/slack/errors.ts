import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api';
import { Hopeless, Later, NoRoom } from '../effects/handler.ts';

/** Slack's own troubles: they pass. https://docs.slack.dev/reference/methods/chat.postMessage#errors */
const PASSING: ReadonlySet<string> = new Set([
  'ratelimited',
  'rate_limited',
  'message_limit_exceeded',
  'service_unavailable',
  'internal_error',
  'fatal_error',
  'request_timeout',
  'team_added_to_org',
]);

/** Troubles that an administrator mends: the message waits for that. */
const MENDABLE: ReadonlySet<string> = new Set([
  'not_authed',
  'invalid_auth',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'missing_scope',
  'ekm_access_denied',
  'org_login_required',
  'accesslimited',
  'access_denied',
]);

/** The channel cannot be written to; another one can. */
const CHANNEL: ReadonlySet<string> = new Set([
  'channel_not_found',
  'not_in_channel',
  'is_archived',
  'restricted_action',
  'restricted_action_read_only_channel',
]);

/** How long a mendable trouble waits between tries. */
const MEND_WAIT_MS = 15_000;

/** Slack's error code, when it answered with one. */
export function slackError(error: unknown): string | undefined {
  return error instanceof WebAPIPlatformError ? error.data.error : undefined;
}

/** Whether Slack refused the channel rather than the message. */
export function isChannelError(error: unknown): boolean {
  const code = slackError(error);
  return code !== undefined && CHANNEL.has(code);
}

/**
 * What a failed call means for the effect that made it.
 *
 * @returns Later when it may succeed another time (with Slack's `Retry-After` when it named one),
 * Hopeless when Slack refused what was sent
 */
export function slackFailure(error: unknown): Error {
  if (error instanceof NoRoom) return error;
  if (error instanceof WebAPIRateLimitedError) {
    return new Later('Slack: rate limited', { afterMs: error.retryAfter * 1_000, cause: error });
  }
  if (error instanceof WebAPIRequestError || error instanceof WebAPIHTTPError) {
    const status = error instanceof WebAPIHTTPError ? ` (HTTP ${error.statusCode})` : '';
    return new Later(`Slack cannot be reached${status}`, { cause: error });
  }
  const code = slackError(error);
  if (code === undefined) return error instanceof Error ? error : new Error(String(error));
  if (PASSING.has(code)) return new Later(`Slack: ${code}`, { cause: error });
  if (MENDABLE.has(code) || CHANNEL.has(code)) {
    return new Later(`Slack: ${code}`, { afterMs: MEND_WAIT_MS, cause: error });
  }
  const messages = error instanceof WebAPIPlatformError ? error.data.response_metadata?.messages : undefined;
  return new Hopeless(`Slack: ${code}${messages === undefined ? '' : ` ${messages.slice(0, 3).join('; ')}`}`);
}
