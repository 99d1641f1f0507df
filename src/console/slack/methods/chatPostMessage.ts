import { isEmpty, readContent, readMetadata, readThread } from '../content.ts';
import { SlackError } from '../errors.ts';
import { messageObject } from '../present.ts';
import type { Channel } from '../types.ts';
import type { Method, MethodContext } from './method.ts';

/** docs.slack.dev/reference/methods/chat.postMessage */
export const chatPostMessage: Method = {
  name: 'chat.postMessage',
  scope: 'chat:write',
  tier: 'post',
  run: (args, context) => {
    const { workspace, baseUrl } = context;
    const channel = destination(args.required('channel'), context);
    const content = readContent(args, workspace, baseUrl);
    if (isEmpty(content)) throw new SlackError('no_text');
    const { metadata } = readMetadata(args);
    const thread = readThread(args, workspace, channel.id);
    const username = args.text('username');
    const message = workspace.post({
      channel: channel.id,
      user: workspace.app.botUserId,
      bot_id: workspace.app.botId,
      app_id: workspace.app.appId,
      text: content.text ?? '',
      ...(content.blocks?.length ? { blocks: content.blocks } : {}),
      ...(content.attachments?.length ? { attachments: content.attachments } : {}),
      ...(metadata === undefined ? {} : { metadata }),
      ...(thread === undefined ? {} : { thread_ts: thread }),
      ...(thread !== undefined && args.flag('reply_broadcast') ? { reply_broadcast: true } : {}),
      ...(username === undefined ? {} : { username }),
    });
    return {
      channel: channel.id,
      ts: message.ts,
      message: messageObject(workspace, message, { metadata: true, baseUrl }),
    };
  },
};

/** A channel by id or by name, or a person's id for the conversation with the bot. */
function destination(given: string, { workspace, scopes }: MethodContext): Channel {
  const channel = workspace.channel(given) ?? workspace.ensureConversation(given);
  if (channel === undefined) throw new SlackError('channel_not_found');
  if (!channel.is_member && !scopes.includes('chat:write.public')) throw new SlackError('not_in_channel');
  return channel;
}
