import { microseconds } from './identifiers.ts';
import type { Message } from './types.ts';

/** Every message of every channel, oldest first, and which of them answer which. */
export class MessageBook {
  readonly #channels = new Map<string, Map<string, Message>>();
  /** By channel and parent: the replies' timestamps, oldest first. */
  readonly #threads = new Map<string, Set<string>>();

  /** Adds a message or replaces the one of the same timestamp. */
  put(message: Message): void {
    const { reply_count: _count, latest_reply: _latest, ...stored } = message;
    const channel = this.#channels.get(message.channel) ?? new Map<string, Message>();
    this.#channels.set(message.channel, channel);
    channel.set(message.ts, stored);
    const parent = message.thread_ts;
    if (parent === undefined || parent === message.ts) return;
    const key = threadKey(message.channel, parent);
    const replies = this.#threads.get(key) ?? new Set<string>();
    this.#threads.set(key, replies);
    replies.add(message.ts);
  }

  /** Takes a message away; false when there was none. Its replies stay, as in Slack. */
  remove(channel: string, ts: string): boolean {
    const message = this.#channels.get(channel)?.get(ts);
    if (message === undefined) return false;
    this.#channels.get(channel)?.delete(ts);
    if (message.thread_ts !== undefined) this.#threads.get(threadKey(channel, message.thread_ts))?.delete(ts);
    return true;
  }

  /** One message, a parent with its count of replies. */
  get(channel: string, ts: string): Message | undefined {
    const message = this.#channels.get(channel)?.get(ts);
    return message === undefined ? undefined : this.#withReplies(message);
  }

  /** Everything in the channel, replies too, oldest first. */
  all(channel: string): Message[] {
    return [...(this.#channels.get(channel)?.values() ?? [])].map((message) => this.#withReplies(message));
  }

  /** The parent and its replies, oldest first; empty when there is no such message. */
  thread(channel: string, ts: string): Message[] {
    const parent = this.get(channel, ts);
    const replies = [...(this.#threads.get(threadKey(channel, ts)) ?? [])]
      .sort((a, b) => microseconds(a) - microseconds(b))
      .flatMap((reply) => this.get(channel, reply) ?? []);
    return parent === undefined ? replies : [parent, ...replies];
  }

  #withReplies(message: Message): Message {
    const replies = this.#threads.get(threadKey(message.channel, message.ts));
    if (replies === undefined || replies.size === 0) return message;
    const latest = [...replies].at(-1);
    return {
      ...message,
      thread_ts: message.ts,
      reply_count: replies.size,
      ...(latest === undefined ? {} : { latest_reply: latest }),
    };
  }
}

function threadKey(channel: string, ts: string): string {
  return `${channel}/${ts}`;
}
