import { createHash } from 'node:crypto';
import type { webApi } from '@slack/bolt';
import { type Handled, type Handler, Later } from '../effects/handler.ts';
import type { EffectOf } from '../incident/effects.ts';
import type { Incident } from '../incident/state.ts';
import type { Drawing, DrawnMessage, Store } from '../store/store.ts';
import { Channels } from './channels.ts';
import { isChannelError, slackError, slackFailure } from './errors.ts';
import { findPosted, metadataOf } from './find.ts';
import { announcedLevel, noteSeq, type View, type ViewContext, viewOf } from './views/index.ts';

export interface DrawOptions {
  readonly client: webApi.WebClient;
  readonly store: Pick<Store, 'drawing'>;
  readonly channels?: Channels;
  readonly contextOf: (pool: string | undefined) => ViewContext;
  /** Where a thread opens when its own channel cannot be written to. */
  readonly defaultChannel: string;
}

/** A store that crashes is not back within this time. */
const FRESH_MS = 1_500;

/** Where the message of a slot goes. */
interface Place {
  readonly channel: string;
  readonly thread?: string;
}

/**
 * The handler of `slack.message`: posts the message of a slot, or brings it up to date.
 *
 * What the message shows comes from the incident as it stands, so a drawing that comes late shows the
 * present. A try whose outcome is uncertain is looked for by its metadata before anything is posted.
 */
export function createDrawing(options: DrawOptions): Handler<'slack.message'> {
  const { client, store } = options;
  const channels = options.channels ?? new Channels(client);

  return async (effect, committed) => {
    const { slot } = effect.payload;
    // A drawing of its own follows whatever happens to the incident meanwhile.
    const drawing = committed ?? (await store.drawing(effect.incident, slot, noteSeq(slot)));
    if (drawing === undefined) return {};
    const { incident, event, message, now }: Drawing = drawing;
    const view = viewOf(slot, incident, options.contextOf(incident.pool), event);
    const place = placeOf(effect, incident);
    if (view === undefined || place === undefined) return {};
    const known = message ?? (await recover(effect, place, now));
    const digest = digestOf(view);
    if (known === undefined) return await post(effect, incident, place, view, digest);
    if (known.digest !== digest) await update(known, view, effect);
    return drawn(effect, incident, { channel: known.channel, ts: known.ts, digest });
  };

  /** An earlier try may have posted it: its answer was lost, or the process died before it was committed. */
  async function recover(
    effect: EffectOf<'slack.message'>,
    place: Place,
    now: Date,
  ): Promise<DrawnMessage | undefined> {
    const age = now.getTime() - Date.parse(effect.createdAt);
    // Claims do not wait for the disk: a first try of an old effect may be one that a crash of the store forgot.
    if (effect.attempt === 1 && age < FRESH_MS) return undefined;
    const places = canMove(effect, place) ? [place, { channel: options.defaultChannel }] : [place];
    for (const one of places) {
      const found = await lookIn(effect, one);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async function lookIn(effect: EffectOf<'slack.message'>, place: Place): Promise<DrawnMessage | undefined> {
    try {
      const channel = await channels.idOf(place.channel);
      if (channel === undefined) return undefined;
      const where = place.thread === undefined ? { channel } : { channel, thread: place.thread };
      const ts = await findPosted(client, effect, where).catch(async (error: unknown) => {
        // Slack lets a bot write to a public channel from outside, and read it from inside only.
        if (slackError(error) !== 'not_in_channel') throw error;
        await client.conversations.join({ channel });
        return findPosted(client, effect, where);
      });
      return ts === undefined ? undefined : { channel, ts, digest: '' };
    } catch (error) {
      if (isChannelError(error) || slackError(error) === 'thread_not_found') return undefined;
      throw slackFailure(error);
    }
  }

  async function post(
    effect: EffectOf<'slack.message'>,
    incident: Incident,
    place: Place,
    view: View,
    digest: string,
  ): Promise<Handled> {
    try {
      const answer = await client.chat.postMessage({
        channel: place.channel,
        text: view.text,
        blocks: view.blocks,
        metadata: metadataOf(effect),
        unfurl_links: false,
        unfurl_media: false,
        ...(place.thread === undefined ? {} : { thread_ts: place.thread }),
      });
      if (answer.ts === undefined || answer.channel === undefined)
        throw new Later('Slack answered without a ts');
      channels.learn(place.channel, answer.channel);
      return await drawn(effect, incident, { channel: answer.channel, ts: answer.ts, digest });
    } catch (error) {
      if (error instanceof Later) throw error;
      // Slack refused the channel and so posted nothing there; a thread elsewhere is better than none.
      if (isChannelError(error) && canMove(effect, place)) {
        return await post(effect, incident, { channel: options.defaultChannel }, view, digest);
      }
      throw slackFailure(error);
    }
  }

  async function update(known: DrawnMessage, view: View, effect: EffectOf<'slack.message'>): Promise<void> {
    try {
      await client.chat.update({
        channel: known.channel,
        ts: known.ts,
        text: view.text,
        blocks: view.blocks,
        metadata: metadataOf(effect),
      });
    } catch (error) {
      // Someone deleted the message: that is their decision, and the incident goes on without it.
      if (slackError(error) === 'message_not_found') return;
      throw slackFailure(error);
    }
  }

  async function drawn(
    effect: EffectOf<'slack.message'>,
    incident: Incident,
    message: DrawnMessage,
  ): Promise<Handled> {
    const saved = { ...message, incident: incident.id, slot: effect.payload.slot };
    if (effect.payload.slot !== 'parent' || incident.thread !== undefined) return { message: saved };
    const permalink = await permalinkOf(message);
    return {
      message: saved,
      command: {
        type: 'RecordThread',
        channel: message.channel,
        ts: message.ts,
        ...(permalink === undefined ? {} : { permalink }),
      },
    };
  }

  /** A thread without a link is still a thread: failing to get one fails nothing. */
  async function permalinkOf(message: DrawnMessage): Promise<string | undefined> {
    try {
      const answer = await client.chat.getPermalink({ channel: message.channel, message_ts: message.ts });
      return answer.permalink;
    } catch {
      return undefined;
    }
  }

  function canMove(effect: EffectOf<'slack.message'>, place: Place): boolean {
    return effect.payload.slot === 'parent' && place.channel !== options.defaultChannel;
  }
}

function placeOf(effect: EffectOf<'slack.message'>, incident: Incident): Place | undefined {
  const { slot } = effect.payload;
  if (slot === 'parent') return { channel: incident.thread?.channel ?? incident.channel };
  const level = announcedLevel(slot);
  if (level !== undefined) {
    const channel = incident.levels.find((one) => one.level === level)?.channel;
    return channel === undefined ? undefined : { channel };
  }
  return incident.thread === undefined
    ? undefined
    : { channel: incident.thread.channel, thread: incident.thread.ts };
}

function digestOf(view: View): string {
  return createHash('sha1').update(JSON.stringify(view)).digest('hex');
}
