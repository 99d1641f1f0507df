import { acceptBlocks, readThread } from '../content.ts';
import { SlackError } from '../errors.ts';
import { fileObject } from '../present.ts';
import { isObject, type SlackFile } from '../types.ts';
import type { Method, MethodContext } from './method.ts';

/** docs.slack.dev/reference/methods/files.completeUploadExternal: the last of three steps, shares the files. */
export const filesCompleteUploadExternal: Method = {
  name: 'files.completeUploadExternal',
  scope: 'files:write',
  tier: 4,
  run: (args, context) => {
    const { workspace, baseUrl } = context;
    const files = uploaded(args.json('files', 'invalid_arguments'), context);
    const channelIds = [...(args.text('channels') ?? '').split(','), args.text('channel_id') ?? '']
      .map((id) => id.trim())
      .filter((id) => id !== '');
    const channels = channelIds.map((id) => {
      const channel = workspace.channel(id);
      if (channel?.id !== id) throw new SlackError('channel_not_found');
      if (!channel.is_member) throw new SlackError('not_in_channel');
      return channel;
    });
    const comment = args.text('initial_comment');
    const blocks = args.json('blocks', 'invalid_blocks_format');
    const shown =
      Array.isArray(blocks) && comment === undefined ? acceptBlocks(blocks, workspace, baseUrl) : undefined;
    const threads = channels.map((channel) => readThread(args, workspace, channel.id));
    const saved = files.map((file) => workspace.saveFile({ ...file, complete: true, channels: channelIds }));
    channels.forEach((channel, index) => {
      const thread = threads[index];
      workspace.post({
        channel: channel.id,
        user: workspace.app.botUserId,
        bot_id: workspace.app.botId,
        app_id: workspace.app.appId,
        text: comment ?? '',
        files: saved.map((file) => file.id),
        ...(shown === undefined ? {} : { blocks: shown }),
        ...(thread === undefined ? {} : { thread_ts: thread }),
      });
    });
    return { files: saved.map((file) => fileObject(workspace, file, baseUrl)) };
  },
};

/** The files named, each known, with its bytes, not shared before. */
function uploaded(value: unknown, { workspace }: MethodContext): SlackFile[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new SlackError('invalid_arguments', { messages: ['missing required field: files'] });
  }
  return value.map((item: unknown) => {
    const file = isObject(item) && typeof item.id === 'string' ? workspace.file(item.id) : undefined;
    if (file === undefined || file.complete || workspace.fileBytes(file.id) === undefined) {
      throw new SlackError('file_not_found');
    }
    return { ...file, title: isObject(item) && typeof item.title === 'string' ? item.title : file.title };
  });
}
