import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '../..');
const SOCKET_MODE = readFileSync(join(ROOT, 'manifest.yml'), 'utf8');
const HTTPS = z.url({ protocol: /^https$/ });

/** What Slack accepts (docs.slack.dev/reference/app-manifest), as far as this manifest goes. */
const Manifest = z.strictObject({
  _metadata: z.strictObject({ major_version: z.literal([1, 2]), minor_version: z.int() }),
  display_information: z.strictObject({
    name: z.string().min(1).max(35),
    description: z.string().min(1).max(140),
    long_description: z.string().min(174).max(4_000),
    background_color: z.string().regex(/^#([0-9a-f]{3}){1,2}$/i),
  }),
  features: z.strictObject({
    bot_user: z.strictObject({
      display_name: z
        .string()
        .max(80)
        .regex(/^[a-z0-9._-]+$/),
      always_online: z.boolean(),
    }),
    slash_commands: z
      .array(
        z.strictObject({
          command: z
            .string()
            .max(32)
            .regex(/^\/\S+$/),
          description: z.string().min(1).max(2_000),
          usage_hint: z.string().max(1_000),
          should_escape: z.boolean(),
          url: HTTPS.optional(),
        }),
      )
      .min(1)
      .max(50),
  }),
  oauth_config: z.strictObject({
    scopes: z.strictObject({ bot: z.array(z.string().regex(/^[a-z]+(:[a-z.]+)*$/)).max(255) }),
  }),
  settings: z.strictObject({
    event_subscriptions: z
      .strictObject({ request_url: HTTPS.optional(), bot_events: z.array(z.string()).min(1).max(100) })
      .optional(),
    interactivity: z.strictObject({ is_enabled: z.literal(true), request_url: HTTPS.optional() }),
    org_deploy_enabled: z.boolean(),
    socket_mode_enabled: z.boolean(),
    token_rotation_enabled: z.literal(false),
  }),
});

/** The scopes of each Web API method that a bot needs one for, of the reference page of the method. */
const SCOPES_OF: Readonly<Record<string, readonly string[]>> = {
  'auth.test': [],
  'chat.delete': ['chat:write'],
  'chat.getPermalink': [],
  'chat.postEphemeral': ['chat:write'],
  'chat.postMessage': ['chat:write', 'chat:write.public'],
  'chat.update': ['chat:write'],
  'conversations.history': ['channels:history', 'groups:history'],
  'conversations.info': ['channels:read', 'groups:read'],
  'conversations.join': ['channels:join'],
  'conversations.list': ['channels:read', 'groups:read'],
  'conversations.replies': ['channels:history', 'groups:history'],
  'files.completeUploadExternal': ['files:write'],
  'files.getUploadURLExternal': ['files:write'],
  'pins.add': ['pins:write'],
  'reactions.add': ['reactions:write'],
  'usergroups.list': ['usergroups:read'],
  'usergroups.users.list': ['usergroups:read'],
  'users.info': ['users:read', 'users:read.email'],
  'users.list': ['users:read'],
  'views.open': [],
  'views.publish': [],
  'views.push': [],
  'views.update': [],
};

/** The product's own sources; the local stand-in for Slack is not one of its users. */
function sources(): string[] {
  return readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.startsWith(`console${sep}`))
    .map((path) => readFileSync(join(ROOT, 'src', path), 'utf8'));
}

function found(pattern: RegExp): string[] {
  return [
    ...new Set(sources().flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''))),
  ];
}

/** The HTTP variant, by the very command that the manifest tells people to run. */
function httpVariant(): string {
  const command = /^#\s+(sed .*) manifest\.yml$/m.exec(SOCKET_MODE)?.[1];
  expect(command, 'the sed command in the comment').toBeDefined();
  const line = `${command}`.replaceAll('YOUR-HOST', 'pager.example.org');
  return execFileSync('sh', ['-c', line], { input: SOCKET_MODE, encoding: 'utf8' });
}

describe('the Slack app manifest', () => {
  test('is one that Slack takes as it is, in Socket Mode and without an address to fill in', () => {
    const manifest = Manifest.parse(parse(SOCKET_MODE));
    expect(manifest.settings.socket_mode_enabled).toBe(true);
    expect(manifest.settings.interactivity.request_url).toBeUndefined();
    expect(manifest.features.slash_commands.map((each) => [each.command, each.url])).toEqual([
      ['/pool', undefined],
    ]);
  });

  test('becomes the HTTP variant by its own sed command: every address is /slack/events of the host', () => {
    const manifest = Manifest.parse(parse(httpVariant()));
    expect(manifest.settings.socket_mode_enabled).toBe(false);
    const urls = [
      manifest.settings.interactivity.request_url,
      ...manifest.features.slash_commands.map((each) => each.url),
    ];
    expect(new Set(urls)).toEqual(new Set(['https://pager.example.org/slack/events']));
  });

  test('differs between the variants in nothing else', () => {
    const strip = (text: string) =>
      JSON.stringify(parse(text), (key, value) =>
        ['url', 'request_url', 'socket_mode_enabled'].includes(key) ? undefined : value,
      );
    expect(strip(httpVariant())).toBe(strip(SOCKET_MODE));
  });

  test('gives the reason beside each bot scope, and asks for none twice', () => {
    const { bot } = Manifest.parse(parse(SOCKET_MODE)).oauth_config.scopes;
    expect(new Set(bot).size).toBe(bot.length);
    for (const scope of bot) expect(SOCKET_MODE).toMatch(new RegExp(`^ +- ${scope} # \\S.{8,}$`, 'm'));
  });

  test('asks for the scopes of every Slack method that the product calls', () => {
    const { bot } = Manifest.parse(parse(SOCKET_MODE)).oauth_config.scopes;
    const called = found(
      /[cC]lient\.((?:auth|chat|conversations|files|pins|reactions|usergroups|users|views)\.[\w.]+)\(/g,
    );
    expect(called).toContain('conversations.list');
    for (const method of called) {
      expect(Object.keys(SCOPES_OF), `${method}: look its scopes up and add them here`).toContain(method);
      expect(bot, `scopes of ${method}`).toEqual(expect.arrayContaining([...(SCOPES_OF[method] ?? [])]));
    }
  });

  test('offers the commands and events that the product listens to, and no others', () => {
    const manifest = Manifest.parse(parse(SOCKET_MODE));
    const commands = found(/\.command\(\s*['"](\/\w+)['"]/g);
    const events = found(/\.event\(\s*['"](\w+)['"]/g);
    expect(events.sort()).toEqual([...(manifest.settings.event_subscriptions?.bot_events ?? [])].sort());
    expect(commands.filter((each) => each !== '/pool')).toEqual([]);
  });
});
