import { messageObject } from '../present.ts';
import { channelById, type Method, mustBeMember } from './method.ts';
import { between, page } from './paging.ts';

const DEFAULT_LIMIT = 100;

/** docs.slack.dev/reference/methods/conversations.history: parents and broadcast replies, newest first. */
export const conversationsHistory: Method = {
  name: 'conversations.history',
  scope: 'channels:history',
  tier: 3,
  run: (args, context) => {
    const { workspace, baseUrl } = context;
    const channel = channelById(args, context);
    mustBeMember(channel);
    const visible = workspace
      .messages(channel.id)
      .filter((one) => one.thread_ts === undefined || one.thread_ts === one.ts || one.reply_broadcast);
    const { items, next } = page(between(visible, args).reverse(), args, DEFAULT_LIMIT);
    const metadata = args.flag('include_all_metadata');
    return {
      messages: items.map((message) => messageObject(workspace, message, { metadata, baseUrl })),
      has_more: next !== '',
      pin_count: visible.filter((message) => message.pinned).length,
      response_metadata: { next_cursor: next },
    };
  },
};
