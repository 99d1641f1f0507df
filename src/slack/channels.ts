import type { webApi } from '@slack/bolt';

/** A channel id, as opposed to a `#name`. */
export function isChannelId(channel: string): boolean {
  return /^[CGD][A-Z0-9]{2,}$/.test(channel);
}

/**
 * The ids of channels that the configuration names by `#name`. Posting takes names; reading the
 * history does not, so the name is looked up when it is needed and remembered.
 */
export class Channels {
  readonly #client: webApi.WebClient;
  readonly #known = new Map<string, string>();

  constructor(client: webApi.WebClient) {
    this.#client = client;
  }

  /** Remembers what Slack answered to a post: the id behind a name. */
  learn(channel: string, id: string): void {
    if (!isChannelId(channel)) this.#known.set(bare(channel), id);
  }

  /** The name or id, as it can be compared with the configuration's. */
  nameOf(id: string): string | undefined {
    for (const [name, known] of this.#known) if (known === id) return `#${name}`;
    return undefined;
  }

  /** The channel's id; `undefined` when Slack shows no such channel to the bot. */
  async idOf(channel: string): Promise<string | undefined> {
    if (isChannelId(channel)) return channel;
    const known = this.#known.get(bare(channel));
    if (known !== undefined) return known;
    let cursor: string | undefined;
    do {
      const page = await this.#client.conversations.list({
        exclude_archived: true,
        types: 'public_channel,private_channel',
        limit: 1_000,
        ...(cursor === undefined ? {} : { cursor }),
      });
      for (const one of page.channels ?? []) {
        if (one.name !== undefined && one.id !== undefined) this.#known.set(one.name, one.id);
      }
      cursor = page.response_metadata?.next_cursor;
    } while (cursor !== undefined && cursor !== '' && !this.#known.has(bare(channel)));
    return this.#known.get(bare(channel));
  }
}

function bare(channel: string): string {
  return channel.replace(/^#/, '');
}
