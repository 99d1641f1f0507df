import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, Environment } from '../config/types.ts';
import {
  type Actor,
  type Console,
  createConsole,
  createWorkspace,
  type Workspace,
} from '../console/server.ts';
import { DEFAULT_USERS } from '../console/slack/people.ts';
import { SLACK_PATH } from '../slack/app.ts';
import { COMMANDS } from '../slack/views/help.ts';

/** The console as it stands in for Slack. */
export interface LocalSlack {
  readonly console: Console;
  readonly workspace: Workspace;
  readonly actor: Actor;
  readonly botToken: string;
  readonly signingSecret: string;
  readonly apiUrl: string;
  close(): void;
}

/**
 * Opens the local workspace: its messages are kept in a journal, so that a thread is still there after
 * a restart. Token and secret are made anew at each start; nobody outside this process needs them.
 */
export function openLocalSlack(options: {
  readonly config: Config;
  readonly port: number;
  readonly folder: string;
  readonly hint?: string;
}): LocalSlack {
  const { config, port, folder } = options;
  mkdirSync(folder, { recursive: true });
  const workspace = createWorkspace({
    journal: join(folder, 'console.ndjson'),
    channels: channelsOf(config),
    ...peopleOf(config),
    ...(options.hint === undefined ? {} : { hint: options.hint }),
  });
  const botToken = `xoxb-local-${randomBytes(16).toString('hex')}`;
  const signingSecret = randomBytes(32).toString('hex');
  const origin = `http://localhost:${port}`;
  const console = createConsole({
    workspace,
    eventsUrl: `${origin}${SLACK_PATH}`,
    signingSecret,
    botToken,
    commands: Object.entries(COMMANDS).map(([name, { usage, does }]) => ({
      command: `/pool ${name}`,
      usage: usage.slice(name.length).trim(),
      description: does,
    })),
  });
  return {
    console,
    workspace,
    actor: console.actor,
    botToken,
    signingSecret,
    apiUrl: `${origin}/console/slack/api/`,
    close() {
      console.close();
      workspace.close();
    },
  };
}

/**
 * The people to act as: Alice and Bob, and whoever the access rules name. A group that may approve has
 * Bob in it, a group that may respond has both, so that every rule can be tried.
 */
function peopleOf(config: Config) {
  const { responders = [], approvers } = config.access;
  const named = [...new Set([...responders, ...approvers])];
  const known = new Set(DEFAULT_USERS.map((user) => user.id));
  const others = named
    .filter((id) => !id.startsWith('S') && !known.has(id))
    .map((id) => ({ id, real_name: id }));
  const groups = named
    .filter((id) => id.startsWith('S'))
    .map((id) => ({
      id,
      handle: id.toLowerCase(),
      name: id,
      users: responders.includes(id) ? ['U0ALICE', 'U0BOB'] : ['U0BOB'],
    }));
  return { users: [...DEFAULT_USERS, ...others], groups };
}

/** Every channel that the configuration names, so that all of them can be seen. */
function channelsOf(config: Config): string[] {
  const escalations = [config.escalation, ...config.pools.flatMap((pool) => pool.escalation ?? [])];
  const named = [
    // The pools' own channels first: that is where the threads open.
    ...config.pools.flatMap((pool) => pool.channel ?? []),
    config.slack.channel,
    ...escalations.flatMap((escalation) => escalation.levels.flatMap((level) => level.channel ?? [])),
  ];
  return [...new Set(named.filter((name) => name.startsWith('#')).map((name) => name.slice(1)))];
}

/** Where Slack is and what opens it: the workspace of the environment, or the console that stands in for it. */
export function slackAccess(environment: Environment, local: LocalSlack | undefined) {
  const { slack } = environment;
  if (slack.mode === 'console') {
    if (local === undefined) throw new Error('Slack is not configured, and this replica serves no console');
    return { botToken: local.botToken, signingSecret: local.signingSecret, apiUrl: local.apiUrl };
  }
  const apiUrl = environment.slackApiUrl;
  return slack.mode === 'socket'
    ? { botToken: slack.botToken, appToken: slack.appToken, apiUrl }
    : { botToken: slack.botToken, signingSecret: slack.signingSecret, apiUrl };
}
