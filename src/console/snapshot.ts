import type { CommandHelp, PageChange, PageFile, PageMessage, Snapshot } from './protocol.ts';
import { fileUrl } from './slack/present.ts';
import type { Change, Message } from './slack/types.ts';
import { isObject } from './slack/types.ts';
import type { Workspace } from './slack/workspace.ts';

/** The newest this many conversations of each channel come with the page. */
const CONVERSATIONS_A_CHANNEL = 200;

/** What the page starts with. */
export function snapshot(workspace: Workspace, commands: readonly CommandHelp[], baseUrl: string): Snapshot {
  const channels = workspace.channels();
  return {
    team: workspace.team,
    appUser: workspace.app.botUserId,
    users: workspace.users(),
    groups: workspace.groups(),
    channels,
    messages: channels.flatMap((channel) =>
      workspace
        .messages(channel.id)
        .filter((one) => one.thread_ts === undefined || one.thread_ts === one.ts || one.reply_broadcast)
        .slice(-CONVERSATIONS_A_CHANNEL)
        .map((message) => pageMessage(workspace, message, baseUrl)),
    ),
    ephemerals: workspace.ephemerals(),
    views: workspace.views().filter((view) => view.type === 'modal'),
    commands,
    hint: workspace.hint,
  };
}

/** A message with its files resolved and pictures by `slack_file` turned into addresses the page can load. */
export function pageMessage(workspace: Workspace, message: Message, baseUrl: string): PageMessage {
  const { files, metadata: _metadata, blocks, ...rest } = message;
  return {
    ...rest,
    ...(blocks === undefined
      ? {}
      : { blocks: blocks.map((block) => ({ ...block, ...withPictures(workspace, block, baseUrl) })) }),
    ...(files === undefined ? {} : { files: files.flatMap((id) => pageFile(workspace, id, baseUrl)) }),
  };
}

/** A change with its message made ready for the page. */
export function pageChange(workspace: Workspace, change: Change, baseUrl: string): PageChange {
  return change.kind === 'message'
    ? { kind: 'message', message: pageMessage(workspace, change.message, baseUrl) }
    : change;
}

function pageFile(workspace: Workspace, id: string, baseUrl: string): PageFile[] {
  const file = workspace.file(id);
  if (file === undefined) return [];
  const alt = file.alt_txt === '' ? file.title : file.alt_txt;
  return [
    {
      id,
      title: file.title,
      url: ownPath(fileUrl(baseUrl, file)),
      alt,
      isImage: file.mimetype.startsWith('image/'),
    },
  ];
}

function withPictures(workspace: Workspace, value: unknown, baseUrl: string): Record<string, unknown> {
  if (!isObject(value)) return {};
  const entries = Object.entries(value).map(([key, inner]) => [key, deepPictures(workspace, inner, baseUrl)]);
  const copy: Record<string, unknown> = Object.fromEntries(entries);
  if (value.type !== 'image' || !isObject(value.slack_file)) return copy;
  const { slack_file: _file, ...rest } = copy;
  return { ...rest, image_url: pictureUrl(workspace, value.slack_file, baseUrl) };
}

function deepPictures(workspace: Workspace, value: unknown, baseUrl: string): unknown {
  if (Array.isArray(value)) return value.map((item) => deepPictures(workspace, item, baseUrl));
  return isObject(value) ? withPictures(workspace, value, baseUrl) : value;
}

function pictureUrl(workspace: Workspace, slackFile: Record<string, unknown>, baseUrl: string): string {
  const file = typeof slackFile.id === 'string' ? workspace.file(slackFile.id) : undefined;
  return ownPath(file === undefined ? String(slackFile.url ?? '') : fileUrl(baseUrl, file));
}

/** The path alone, so that a page opened as localhost loads a picture announced as 127.0.0.1. */
function ownPath(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url;
}
