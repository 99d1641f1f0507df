import { SlackError } from '../errors.ts';
import { channelById, type Method } from './method.ts';

/** docs.slack.dev/reference/methods/pins.add */
export const pinsAdd: Method = {
  name: 'pins.add',
  scope: 'pins:write',
  tier: 2,
  run: (args, context) => {
    const channel = channelById(args, context);
    const message = context.workspace.message(channel.id, args.required('timestamp'));
    if (message === undefined) throw new SlackError('message_not_found');
    if (message.pinned) throw new SlackError('already_pinned');
    context.workspace.save({ ...message, pinned: true });
    return {};
  },
};
