import type { webApi } from '@slack/bolt';
import { slackError } from './errors.ts';
import { METADATA_EVENT } from './find.ts';

/** So many messages of the channel are looked through: it is about the last minute. */
const LOOKED_THROUGH = 100;

export interface Saying {
  readonly channel: string;
  readonly text: string;
  /** The same for all who would say the same. */
  readonly mark: string;
  /** What was said longer ago was about something else. */
  readonly withinMs: number;
}

/**
 * Says a line that others may be saying at the same moment, where nothing but Slack is there to agree by:
 * everybody says it, looks, and takes their own back when another stands before it.
 *
 * @throws whatever Slack's client throws when it could not be said; one that cannot be taken back stays
 */
export async function sayOnce(client: webApi.WebClient, saying: Saying): Promise<void> {
  const { text, mark } = saying;
  const metadata = { event_type: METADATA_EVENT, event_payload: { alarm: mark } };
  const { channel, ts } = await client.chat.postMessage({ channel: saying.channel, text, metadata });
  if (channel === undefined || ts === undefined) return;
  const before = await saidBefore(client, saying, { channel, ts }).catch(() => false);
  if (before) await client.chat.delete({ channel, ts }).catch(() => undefined);
}

async function saidBefore(
  client: webApi.WebClient,
  { mark, withinMs }: Saying,
  { channel, ts }: { readonly channel: string; readonly ts: string },
): Promise<boolean> {
  const look = () =>
    client.conversations.history({
      channel,
      oldest: String(Number(ts) - withinMs / 1_000),
      latest: ts,
      limit: LOOKED_THROUGH,
      include_all_metadata: true,
    });
  const { messages = [] } = await look().catch(async (error: unknown) => {
    // Slack lets a bot write to a public channel from outside, and read it from inside only.
    if (slackError(error) !== 'not_in_channel') throw error;
    await client.conversations.join({ channel });
    return look();
  });
  return messages.some((message) => message.ts !== undefined && message.ts < ts && markOf(message) === mark);
}

function markOf(message: object): unknown {
  const metadata: unknown = 'metadata' in message ? message.metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null || !('event_payload' in metadata)) return undefined;
  const payload = metadata.event_payload;
  return typeof payload === 'object' && payload !== null && 'alarm' in payload ? payload.alarm : undefined;
}
