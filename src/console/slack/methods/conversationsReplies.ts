import { SlackError } from '../errors.ts';
import { messageObject } from '../present.ts';
import { channelById, type Method, mustBeMember } from './method.ts';
import { between, page } from './paging.ts';

const DEFAULT_LIMIT = 1_000;

/**
 * docs.slack.dev/reference/methods/conversations.replies: the parent first, whatever `oldest` says, then the replies,
 * oldest first. Given the ts of a reply it answers with that reply alone.
 */
export const conversationsReplies: Method = {
  name: 'conversations.replies',
  scope: 'channels:history',
  tier: 3,
  run: (args, context) => {
    const { workspace, baseUrl } = context;
    const channel = channelById(args, context);
    mustBeMember(channel);
    const ts = args.required('ts');
    const thread = workspace.thread(channel.id, ts);
    if (thread.length === 0) throw new SlackError('thread_not_found');
    const parents = thread.filter((message) => message.ts === ts);
    const replies = thread.filter((message) => message.ts !== ts);
    const { items, next } = page([...parents, ...between(replies, args)], args, DEFAULT_LIMIT);
    const metadata = args.flag('include_all_metadata');
    return {
      messages: items.map((message) => messageObject(workspace, message, { metadata, baseUrl })),
      has_more: next !== '',
      response_metadata: { next_cursor: next },
    };
  },
};
