import { isUrlOf } from '../schema/fields.ts';
import type { SlackEnvironment } from '../types.ts';
import type { Reader } from './reader.ts';

/** Slack's own Web API. */
const SLACK_API = 'https://slack.com/api/';

/** Slack's tokens by their beginnings; `xoxe.` marks those that rotate. */
const BOT_TOKEN = /^(xoxe\.)?xoxb-/;
const APP_TOKEN = /^xapp-/;

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * How Slack is reached: by Socket Mode with an app token, by HTTP with a signing secret, or not at all.
 * Half of what it takes is a fault, so that a slip of the pen does not bring up the console instead.
 */
export function readSlack(reader: Reader): SlackEnvironment {
  const botToken = reader.secret('SLACK_BOT_TOKEN');
  const signingSecret = reader.secret('SLACK_SIGNING_SECRET');
  const appToken = reader.secret('SLACK_APP_TOKEN');
  if (botToken === undefined) {
    const alone = signingSecret === undefined ? 'SLACK_APP_TOKEN' : 'SLACK_SIGNING_SECRET';
    if (signingSecret !== undefined || appToken !== undefined) {
      reader.fault(
        'SLACK_BOT_TOKEN',
        `is missing: ${alone} is set, and without the bot token nothing can be posted`,
      );
    }
    return { mode: 'console' };
  }
  if (appToken !== undefined) {
    return { mode: 'socket', botToken, appToken, ...(signingSecret === undefined ? {} : { signingSecret }) };
  }
  if (signingSecret === undefined) {
    reader.fault(
      'SLACK_SIGNING_SECRET',
      'is missing: with SLACK_BOT_TOKEN set, set it too (HTTP), or set SLACK_APP_TOKEN (Socket Mode)',
    );
  }
  return { mode: 'http', botToken, signingSecret: signingSecret ?? '' };
}

/** The address of Slack's Web API, with a slash at its end. */
export function readSlackApiUrl(reader: Reader): string {
  const given = reader.text('SLACK_API_URL') ?? SLACK_API;
  if (!isUrlOf(given, ['http:', 'https:'])) {
    reader.fault('SLACK_API_URL', 'must be a URL that begins with https:// or http://');
    return SLACK_API;
  }
  return given.endsWith('/') ? given : `${given}/`;
}

/** What is odd about it; not a fault, for a test server gives out tokens of its own. */
export function slackWarnings(slack: SlackEnvironment, apiUrl: string): string[] {
  if (slack.mode === 'console') return [];
  const { protocol, hostname } = new URL(apiUrl);
  return [
    ...(BOT_TOKEN.test(slack.botToken)
      ? []
      : ['SLACK_BOT_TOKEN: does not begin with xoxb-, as bot tokens do']),
    ...(slack.mode === 'socket' && !APP_TOKEN.test(slack.appToken)
      ? ['SLACK_APP_TOKEN: does not begin with xapp-, as app-level tokens do']
      : []),
    ...(protocol === 'http:' && !LOOPBACK.test(hostname)
      ? ['SLACK_API_URL: is not https, so the bot token crosses the network in the clear']
      : []),
  ];
}
