import { channelObject } from '../present.ts';
import type { Method } from './method.ts';
import { page } from './paging.ts';

const DEFAULT_LIMIT = 100;

/** docs.slack.dev/reference/methods/conversations.list */
export const conversationsList: Method = {
  name: 'conversations.list',
  scope: 'channels:read',
  tier: 2,
  run: (args, { workspace }) => {
    const types = (args.text('types') ?? 'public_channel').split(',').map((type) => type.trim());
    const wanted = workspace
      .channels()
      .filter((channel) => types.includes(channel.user === undefined ? 'public_channel' : 'im'));
    const { items, next } = page(wanted, args, DEFAULT_LIMIT);
    return { channels: items.map(channelObject), response_metadata: { next_cursor: next } };
  },
};
