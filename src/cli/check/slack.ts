import type { webApi } from '@slack/bolt';
import axios from 'axios';
import { groupsIn } from '../../config/lookup.ts';
import type { Config, Environment } from '../../config/types.ts';
import type { Logger } from '../../observe/log.ts';
import { isChannelId } from '../../slack/channels.ts';
import { createSlackClient } from '../../slack/client.ts';
import { slackError } from '../../slack/errors.ts';
import { about, type Check, type Finding, reasonOf } from './finding.ts';
import { SCOPES } from './scopes.ts';

/** A workspace with more channels than this is not read to its end. */
const MOST_PAGES = 20;

/** Whether Slack takes the token, its scopes, the channels and user groups of the configuration. */
export function slackChecks(config: Config, environment: Environment, log: Logger): Check[] {
  const { slack, slackApiUrl } = environment;
  if (slack.mode === 'console') {
    const { warn } = about('slack');
    return [
      {
        subject: 'slack',
        run: async () => [
          warn('not configured: the local console stands in for it; set SLACK_BOT_TOKEN for the real one'),
        ],
      },
    ];
  }
  const client = createSlackClient({ token: slack.botToken, apiUrl: slackApiUrl, log });
  return [
    { subject: 'slack', run: () => checkToken(client) },
    ...(slack.mode === 'socket'
      ? [{ subject: 'slack socket mode', run: () => checkSocketMode(slack.appToken, slackApiUrl) }]
      : []),
    { subject: 'slack channels', run: () => checkChannels(client, channelsOf(config)) },
    ...(groupsIn(config).length === 0
      ? []
      : [{ subject: 'slack user groups', run: () => checkGroups(client, groupsIn(config)) }]),
  ];
}

async function checkToken(client: webApi.WebClient): Promise<Finding[]> {
  const { ok, warn, fail } = about('slack');
  try {
    const answer = await client.auth.test();
    const scopes = answer.response_metadata?.scopes;
    const who = `${answer.user ?? 'the bot'} in ${answer.team ?? 'the workspace'}`;
    if (scopes === undefined) return [warn(`${who}; Slack did not say which scopes the token has`)];
    const missing = Object.entries(SCOPES).filter(([scope]) => !scopes.includes(scope));
    if (missing.length === 0) return [ok(`${who}, every scope of manifest.yml is there`)];
    return missing.map(([scope, loss]) =>
      fail(
        `the scope ${scope} is missing (${loss}); add it under OAuth & Permissions, or update the app from manifest.yml, and install the app anew`,
      ),
    );
  } catch (error) {
    return [fail(wordsOf(error))];
  }
}

async function checkSocketMode(appToken: string, apiUrl: string): Promise<Finding[]> {
  const { ok, fail } = about('slack socket mode');
  const { data } = await axios.post<{ ok?: boolean; error?: string }>(
    `${apiUrl}apps.connections.open`,
    undefined,
    {
      headers: { authorization: `Bearer ${appToken}` },
      timeout: 4_000,
      validateStatus: () => true,
    },
  );
  if (data.ok === true) return [ok('SLACK_APP_TOKEN opens a connection')];
  return [
    fail(
      `SLACK_APP_TOKEN is refused (${data.error ?? 'no answer'}); make an app-level token with the scope connections:write under Basic Information, and switch Socket Mode on`,
    ),
  ];
}

async function checkChannels(client: webApi.WebClient, wanted: readonly string[]): Promise<Finding[]> {
  const { ok, warn, fail } = about('slack channels');
  const known = new Map<string, { isMember: boolean; isPrivate: boolean }>();
  try {
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const answer = await client.conversations.list({
        exclude_archived: true,
        types: 'public_channel,private_channel',
        limit: 1_000,
        ...(cursor === undefined ? {} : { cursor }),
      });
      for (const one of answer.channels ?? []) {
        const facts = { isMember: one.is_member === true, isPrivate: one.is_private === true };
        if (one.id !== undefined) known.set(one.id, facts);
        if (one.name !== undefined) known.set(`#${one.name}`, facts);
      }
      cursor = answer.response_metadata?.next_cursor;
      if (cursor === undefined || cursor === '' || wanted.every((name) => known.has(name))) break;
    }
  } catch (error) {
    return [fail(wordsOf(error))];
  }
  const findings = wanted.flatMap((name) => {
    const found = known.get(name);
    if (found === undefined) {
      return [
        fail(
          `there is no ${name} that the bot can see; create it, or, where it is private, type /invite @lifeguard in it`,
        ),
      ];
    }
    return found.isPrivate && !found.isMember
      ? [warn(`${name} is private and the bot is not in it; type /invite @lifeguard there`)]
      : [];
  });
  return findings.length > 0 ? findings : [ok(wanted.join(', '))];
}

async function checkGroups(client: webApi.WebClient, ids: readonly string[]): Promise<Finding[]> {
  const { ok, warn, fail } = about('slack user groups');
  const findings = await Promise.all(
    ids.map(async (id) => {
      try {
        const { users = [] } = await client.usergroups.users.list({ usergroup: id });
        if (users.length === 0) return warn(`${id} has nobody in it`);
        return ok(`${id} has ${users.length} ${users.length === 1 ? 'member' : 'members'}`);
      } catch (error) {
        return slackError(error) === 'no_such_subteam'
          ? fail(`there is no user group ${id}; take it out of access, or mend its id`)
          : fail(`${id} cannot be read: ${wordsOf(error)}`);
      }
    }),
  );
  return findings;
}

/** Every channel that something is posted to, each once. */
function channelsOf(config: Config): string[] {
  const escalations = [config.escalation, ...config.pools.flatMap((pool) => pool.escalation ?? [])];
  const named = [
    config.slack.channel,
    ...config.pools.flatMap((pool) => pool.channel ?? []),
    ...escalations.flatMap(({ levels }) => levels.flatMap((level) => level.channel ?? [])),
  ];
  return [...new Set(named.map((name) => (isChannelId(name) || name.startsWith('#') ? name : `#${name}`)))];
}

const MENDS: Readonly<Record<string, string>> = {
  invalid_auth: 'SLACK_BOT_TOKEN is not valid; copy it anew from OAuth & Permissions',
  not_authed: 'SLACK_BOT_TOKEN is not valid; copy it anew from OAuth & Permissions',
  account_inactive: 'the app was removed from the workspace; install it anew and copy SLACK_BOT_TOKEN',
  token_revoked: 'the token was revoked; install the app anew and copy SLACK_BOT_TOKEN',
};

function wordsOf(error: unknown): string {
  const code = slackError(error);
  if (code === 'missing_scope') return 'a scope is missing (see slack)';
  if (code !== undefined) return MENDS[code] ?? `Slack answered ${code}`;
  return `Slack cannot be reached: ${reasonOf(innermost(error))}`;
}

/** Slack's client wraps what the system said in errors that do not repeat it. */
function innermost(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const inner: unknown = 'original' in error ? error.original : error.cause;
  return inner instanceof Error ? innermost(inner) : error;
}
