import type { Arguments } from '../arguments.ts';
import { SlackError } from '../errors.ts';
import type { Channel } from '../types.ts';
import type { Workspace } from '../workspace.ts';

/** Slack's rate-limit classes; `post` is chat.postMessage's own, `free` is not limited here. */
export type Tier = 2 | 3 | 4 | 'post' | 'free';

/** What a method works with besides its arguments. */
export interface MethodContext {
  readonly workspace: Workspace;
  /** Where the console is reached, without a slash at the end: the head of upload and file addresses. */
  readonly baseUrl: string;
  /** The scopes the calling token has. */
  readonly scopes: readonly string[];
}

/** One Web API method. */
export interface Method {
  readonly name: string;
  /** The bot scope it needs; none for a few. */
  readonly scope?: string;
  readonly tier: Tier;
  /** Carries the call out; what it returns is the answer beside `ok: true`. @throws SlackError */
  readonly run: (args: Arguments, context: MethodContext) => Record<string, unknown>;
}

/** The channel an argument names by its id. @throws SlackError channel_not_found */
export function channelById(args: Arguments, context: MethodContext, name = 'channel'): Channel {
  const id = args.required(name);
  const channel = context.workspace.channel(id);
  if (channel === undefined || channel.id !== id) throw new SlackError('channel_not_found');
  return channel;
}

/** The bot must have joined to read. @throws SlackError not_in_channel */
export function mustBeMember(channel: Channel): void {
  if (!channel.is_member) throw new SlackError('not_in_channel');
}
