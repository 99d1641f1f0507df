import { Arguments } from './arguments.ts';
import { type Content, isEmpty, readContent, readThread } from './content.ts';
import { SlackError } from './errors.ts';
import { isObject, type JsonObject, type Message, type ResponseUrl } from './types.ts';
import type { Workspace } from './workspace.ts';

/** A response_url takes this many posts … (docs.slack.dev/interactivity/handling-user-interaction). */
export const RESPONSE_URL_POSTS = 5;

/** … within this time. */
export const RESPONSE_URL_LIFETIME_MS = 30 * 60 * 1_000;

/** Opens a response_url for something a person did. */
export function openResponseUrl(
  workspace: Workspace,
  origin: Pick<ResponseUrl, 'user' | 'channel' | 'message' | 'thread_ts'>,
): ResponseUrl {
  return workspace.saveResponseUrl({
    ...origin,
    id: `${workspace.freshId('R')}${workspace.freshId('')}`,
    expires: workspace.now() + RESPONSE_URL_LIFETIME_MS,
    used: 0,
  });
}

/** What a response_url answers. */
export interface ResponseAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * Takes a post to a response_url.
 * @returns 200 "ok"; 404 with `invalid_url`, `expired_url` or `used_url`; 400 with a code where the message is faulty
 */
export function receiveResponse(
  workspace: Workspace,
  id: string,
  payload: unknown,
  baseUrl: string,
): ResponseAnswer {
  const url = workspace.responseUrl(id);
  if (url === undefined) return refuse(404, new SlackError('invalid_url'));
  if (workspace.now() > url.expires) return refuse(404, new SlackError('expired_url'));
  if (url.used >= RESPONSE_URL_POSTS) return refuse(404, new SlackError('used_url'));
  if (!isObject(payload)) return refuse(400, new SlackError('invalid_payload'));
  try {
    deliverResponse(workspace, url, payload, baseUrl);
  } catch (error) {
    if (error instanceof SlackError) return refuse(400, error);
    throw error;
  }
  workspace.saveResponseUrl({ ...url, used: url.used + 1 });
  return { status: 200, body: 'ok' };
}

function refuse(status: number, error: SlackError): ResponseAnswer {
  return { status, body: JSON.stringify(error.toBody()) };
}

/**
 * Does what a response asks: takes the message away, replaces it, or says something new, by default to that person
 * alone.
 * @throws SlackError no_text, invalid_blocks and so on
 */
export function deliverResponse(
  workspace: Workspace,
  origin: Pick<ResponseUrl, 'user' | 'channel' | 'message'>,
  payload: JsonObject,
  baseUrl: string,
): void {
  const args = new Arguments(payload);
  const { message: original } = origin;
  if (args.flag('delete_original') && original !== undefined) {
    if (original.ephemeral) workspace.removeEphemeral({ ...origin, ts: original.ts });
    else workspace.remove(origin.channel, original.ts);
    return;
  }
  const content = readContent(args, workspace, baseUrl);
  if (isEmpty(content)) throw new SlackError('no_text');
  if (args.flag('replace_original') && original !== undefined) {
    replace(workspace, origin, original, content);
    return;
  }
  const thread = readThread(args, workspace, origin.channel);
  const said = { ...plain(content), ...(thread === undefined ? {} : { thread_ts: thread }) };
  const { app } = workspace;
  if (args.text('response_type') === 'in_channel') {
    const bot = { user: app.botUserId, bot_id: app.botId, app_id: app.appId };
    workspace.post({ channel: origin.channel, ...bot, ...said });
    return;
  }
  workspace.postEphemeral({ channel: origin.channel, user: origin.user, from: app.botUserId, ...said });
}

function replace(
  workspace: Workspace,
  origin: Pick<ResponseUrl, 'user' | 'channel'>,
  original: { readonly ts: string; readonly ephemeral: boolean },
  content: Content,
): void {
  if (original.ephemeral) {
    const before = workspace.ephemeral({ ...origin, ts: original.ts });
    if (before === undefined) throw new SlackError('message_not_found');
    const { text: _text, blocks: _blocks, attachments: _attachments, ...rest } = before;
    workspace.saveEphemeral({ ...rest, ...plain(content) });
    return;
  }
  const before = workspace.message(origin.channel, original.ts);
  if (before === undefined) throw new SlackError('message_not_found');
  const { text: _text, blocks: _blocks, attachments: _attachments, ...rest } = before;
  const after: Message = { ...rest, ...plain(content) };
  workspace.save(after);
}

function plain(content: Content): Content & { text: string } {
  return {
    text: content.text ?? '',
    ...(content.blocks?.length ? { blocks: content.blocks } : {}),
    ...(content.attachments?.length ? { attachments: content.attachments } : {}),
  };
}
