import { SlackError } from '../errors.ts';
import { channelById, type Method } from './method.ts';

/** docs.slack.dev/reference/methods/reactions.add */
export const reactionsAdd: Method = {
  name: 'reactions.add',
  scope: 'reactions:write',
  tier: 3,
  run: (args, context) => {
    const { workspace } = context;
    const channel = channelById(args, context);
    const name = args.required('name');
    if (!/^[a-z0-9_+'-]+(::skin-tone-[2-6])?$/.test(name)) throw new SlackError('invalid_name');
    const message = workspace.message(channel.id, args.required('timestamp'));
    if (message === undefined) throw new SlackError('message_not_found');
    const bot = workspace.app.botUserId;
    const reactions = message.reactions ?? [];
    const same = reactions.find((one) => one.name === name);
    if (same?.users.includes(bot)) throw new SlackError('already_reacted');
    const others = reactions.filter((one) => one !== same);
    workspace.save({ ...message, reactions: [...others, { name, users: [...(same?.users ?? []), bot] }] });
    return {};
  },
};
