import { SlackError } from '../errors.ts';
import { channelById, type Method } from './method.ts';

/** docs.slack.dev/reference/methods/chat.delete */
export const chatDelete: Method = {
  name: 'chat.delete',
  scope: 'chat:write',
  tier: 3,
  run: (args, context) => {
    const { workspace } = context;
    const channel = channelById(args, context);
    const ts = args.required('ts');
    const message = workspace.message(channel.id, ts);
    if (message === undefined) throw new SlackError('message_not_found');
    if (message.bot_id !== workspace.app.botId) throw new SlackError('cant_delete_message');
    workspace.remove(channel.id, ts);
    return { channel: channel.id, ts };
  },
};
