import { SlackError } from '../errors.ts';
import { permalink } from '../present.ts';
import { channelById, type Method } from './method.ts';

/** docs.slack.dev/reference/methods/chat.getPermalink: here the address leads into the console's page. */
export const chatGetPermalink: Method = {
  name: 'chat.getPermalink',
  tier: 'free',
  run: (args, context) => {
    const channel = channelById(args, context);
    const message = context.workspace.message(channel.id, args.required('message_ts'));
    if (message === undefined) throw new SlackError('message_not_found');
    return { channel: channel.id, permalink: permalink(context.baseUrl, message) };
  },
};
