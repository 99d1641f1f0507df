import type { webApi } from '@slack/bolt';
import type { EffectOf } from '../incident/effects.ts';

/** The `event_type` of the metadata on every message of ours. */
export const METADATA_EVENT = 'lifeguard';

/** A message's metadata: which effect posted it, for which incident and slot. */
export function metadataOf(effect: EffectOf<'slack.message'>) {
  return {
    event_type: METADATA_EVENT,
    event_payload: { effect: effect.id, incident: effect.incident, slot: effect.payload.slot },
  };
}

/** Clocks of ours and of Slack may differ by this much, in seconds. */
const CLOCK_GRACE_S = 60;

/** Pages of history that are looked through before giving up. */
const MOST_PAGES = 10;

/**
 * Looks for the message of an effect after an uncertain outcome: the answer to an earlier try was
 * lost, or the process was killed before the outcome was committed.
 *
 * @param where the channel's id, and the thread the message belongs to, if it belongs to one
 * @returns the message's `ts`, or `undefined` when it was never posted
 */
export async function findPosted(
  client: webApi.WebClient,
  effect: EffectOf<'slack.message'>,
  where: Place,
): Promise<string | undefined> {
  for await (const message of messagesSince(client, effect.createdAt, where)) {
    if (message.ts !== undefined && isOurs(message, effect)) return message.ts;
  }
  return undefined;
}

/**
 * Looks for a file in a thread after an uncertain outcome. A file bears no metadata of ours: it is known by its name,
 * and by having come since its effect was committed.
 *
 * @param since ISO 8601
 * @returns the file's id, or `undefined` when it was never shared there
 */
export async function findShared(
  client: webApi.WebClient,
  filename: string,
  since: string,
  where: Required<Place>,
): Promise<string | undefined> {
  for await (const message of messagesSince(client, since, where)) {
    const file = message.files?.find(({ name }) => name === filename);
    if (file?.id !== undefined) return file.id;
  }
  return undefined;
}

/** A channel's id, and a thread in it. */
interface Place {
  readonly channel: string;
  readonly thread?: string;
}

/** A message as history and replies have it, in what is looked at here. */
interface Found {
  readonly ts?: string;
  readonly files?: readonly { readonly id?: string; readonly name?: string | null }[];
}

async function* messagesSince(
  client: webApi.WebClient,
  since: string,
  where: Place,
): AsyncGenerator<Found, void> {
  const oldest = String(Date.parse(since) / 1_000 - CLOCK_GRACE_S);
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const common = {
      channel: where.channel,
      oldest,
      include_all_metadata: true,
      limit: 200,
      ...(cursor === undefined ? {} : { cursor }),
    };
    const answer =
      where.thread === undefined
        ? await client.conversations.history(common)
        : await client.conversations.replies({ ...common, ts: where.thread });
    yield* (answer.messages ?? []) as readonly Found[];
    cursor = answer.response_metadata?.next_cursor;
    if (cursor === undefined || cursor === '') return;
  }
}

/** The same slot of the same incident: an earlier effect of it may have posted the message. */
function isOurs(message: Found, effect: EffectOf<'slack.message'>): boolean {
  const metadata: unknown = 'metadata' in message ? message.metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null) return false;
  if (!('event_type' in metadata) || metadata.event_type !== METADATA_EVENT) return false;
  const payload: unknown = 'event_payload' in metadata ? metadata.event_payload : undefined;
  if (typeof payload !== 'object' || payload === null) return false;
  if ('effect' in payload && payload.effect === effect.id) return true;
  return (
    'incident' in payload &&
    'slot' in payload &&
    payload.incident === effect.incident &&
    payload.slot === effect.payload.slot
  );
}
