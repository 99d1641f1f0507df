import type { AppIdentity, Channel, Message, SlackFile, View } from './types.ts';
import type { Workspace } from './workspace.ts';

/** A message as the Web API gives it out; metadata only to those who asked for it. */
export function messageObject(
  workspace: Workspace,
  message: Message,
  options: { readonly metadata: boolean; readonly baseUrl: string },
): Record<string, unknown> {
  const { channel: _channel, metadata, pinned, files, reply_count, latest_reply, user, ...rest } = message;
  const isParent = reply_count !== undefined;
  const replies = isParent ? workspace.thread(message.channel, message.ts).slice(1) : [];
  const repliers = [...new Set(replies.map((reply) => reply.user))];
  return {
    type: 'message',
    user,
    ...rest,
    team: workspace.team.id,
    ...(message.reply_broadcast ? { subtype: 'thread_broadcast' } : {}),
    ...(message.bot_id === undefined ? {} : { bot_profile: botProfile(workspace.app, workspace.team.id) }),
    ...(message.reactions === undefined
      ? {}
      : { reactions: message.reactions.map((one) => ({ ...one, count: one.users.length })) }),
    ...(isParent
      ? {
          reply_count,
          reply_users_count: repliers.length,
          latest_reply,
          reply_users: repliers,
          is_locked: false,
        }
      : {}),
    ...(message.thread_ts !== undefined && !isParent
      ? { parent_user_id: workspace.message(message.channel, message.thread_ts)?.user }
      : {}),
    ...(pinned ? { pinned_to: [message.channel] } : {}),
    ...(files === undefined
      ? {}
      : { files: files.flatMap((id) => fileOf(workspace, id, options.baseUrl)), upload: true }),
    ...(options.metadata && metadata !== undefined ? { metadata } : {}),
  };
}

function fileOf(workspace: Workspace, id: string, baseUrl: string): Record<string, unknown>[] {
  const file = workspace.file(id);
  return file === undefined ? [] : [fileObject(workspace, file, baseUrl)];
}

function botProfile(app: AppIdentity, teamId: string): Record<string, unknown> {
  return {
    id: app.botId,
    app_id: app.appId,
    user_id: app.botUserId,
    name: app.name,
    deleted: false,
    updated: 0,
    team_id: teamId,
  };
}

/** A channel as `conversations.info` gives it. */
export function channelObject(channel: Channel): Record<string, unknown> {
  if (channel.user !== undefined) {
    return { id: channel.id, created: channel.created, is_im: true, is_archived: false, user: channel.user };
  }
  return {
    id: channel.id,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: true,
    is_group: false,
    is_im: false,
    is_mpim: false,
    is_private: false,
    is_archived: false,
    is_general: false,
    is_shared: false,
    created: channel.created,
    is_member: channel.is_member,
    topic: { value: '', creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
  };
}

/** A file as the Web API gives it out. */
export function fileObject(workspace: Workspace, file: SlackFile, baseUrl: string): Record<string, unknown> {
  const url = fileUrl(baseUrl, file);
  return {
    id: file.id,
    created: file.created,
    timestamp: file.created,
    name: file.name,
    title: file.title,
    mimetype: file.mimetype,
    filetype: file.name.split('.').at(-1) ?? '',
    size: file.size,
    alt_txt: file.alt_txt,
    user: workspace.app.botUserId,
    user_team: workspace.team.id,
    channels: file.channels,
    url_private: url,
    url_private_download: url,
    permalink: url,
  };
}

/** Where a file is read. */
export function fileUrl(baseUrl: string, file: SlackFile): string {
  return `${baseUrl}/slack/files/${file.id}/${encodeURIComponent(file.name)}`;
}

/** Where a message is read in the page; a reply opens its thread. */
export function permalink(baseUrl: string, message: Message): string {
  const inThread = message.thread_ts !== undefined && message.thread_ts !== message.ts;
  const thread = inThread ? `?thread_ts=${message.thread_ts}&cid=${message.channel}` : '';
  return `${baseUrl}#${message.channel}/p${message.ts.replace('.', '')}${thread}`;
}

/** A view as Slack hands it out and sends it back. */
export function viewObject(workspace: Workspace, view: View, values: unknown = {}): Record<string, unknown> {
  return {
    id: view.id,
    team_id: workspace.team.id,
    type: view.type,
    blocks: view.blocks,
    private_metadata: view.private_metadata,
    callback_id: view.callback_id,
    state: { values },
    hash: view.hash,
    title: view.title ?? null,
    clear_on_close: view.clear_on_close,
    notify_on_close: view.notify_on_close,
    close: view.close ?? null,
    submit: view.submit ?? null,
    previous_view_id: view.previous_view_id,
    root_view_id: view.root_view_id,
    app_id: workspace.app.appId,
    external_id: view.external_id,
    app_installed_team_id: workspace.team.id,
    bot_id: workspace.app.botId,
  };
}
