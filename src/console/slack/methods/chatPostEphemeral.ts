import { isEmpty, readContent, readThread } from '../content.ts';
import { SlackError } from '../errors.ts';
import type { Method } from './method.ts';

/** docs.slack.dev/reference/methods/chat.postEphemeral */
export const chatPostEphemeral: Method = {
  name: 'chat.postEphemeral',
  scope: 'chat:write',
  tier: 4,
  run: (args, { workspace, baseUrl, scopes }) => {
    const channel = workspace.channel(args.required('channel'));
    if (channel === undefined) throw new SlackError('channel_not_found');
    if (!channel.is_member && !scopes.includes('chat:write.public')) throw new SlackError('not_in_channel');
    const user = workspace.user(args.required('user'));
    if (user === undefined || user.is_bot) throw new SlackError('user_not_in_channel');
    const content = readContent(args, workspace, baseUrl);
    if (isEmpty(content)) throw new SlackError('no_text');
    const thread = readThread(args, workspace, channel.id);
    const ephemeral = workspace.postEphemeral({
      channel: channel.id,
      user: user.id,
      from: workspace.app.botUserId,
      text: content.text ?? '',
      ...(content.blocks?.length ? { blocks: content.blocks } : {}),
      ...(content.attachments?.length ? { attachments: content.attachments } : {}),
      ...(thread === undefined ? {} : { thread_ts: thread }),
    });
    return { message_ts: ephemeral.ts };
  },
};
