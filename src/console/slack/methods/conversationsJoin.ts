import { SlackError } from '../errors.ts';
import { channelObject } from '../present.ts';
import { channelById, type Method } from './method.ts';

/** docs.slack.dev/reference/methods/conversations.join */
export const conversationsJoin: Method = {
  name: 'conversations.join',
  scope: 'channels:join',
  tier: 3,
  run: (args, context) => {
    const channel = channelById(args, context);
    if (channel.user !== undefined) throw new SlackError('method_not_supported_for_channel_type');
    if (channel.is_member) {
      return {
        channel: channelObject(channel),
        warning: 'already_in_channel',
        response_metadata: { warnings: ['already_in_channel'] },
      };
    }
    return { channel: channelObject(context.workspace.saveChannel({ ...channel, is_member: true })) };
  },
};
