import { createHash } from 'node:crypto';
import type { webApi } from '@slack/bolt';
import { type Handled, type Handler, Later, NoRoom } from '../effects/handler.ts';
import type { EffectOf } from '../incident/effects.ts';
import type { Incident } from '../incident/state.ts';
import { followAfterMs, type StormMember, standingOf } from '../incident/storm.ts';
import type { Drawing, DrawnMessage, Store } from '../store/store.ts';
import { Channels } from './channels.ts';
import { isChannelError, slackError, slackFailure } from './errors.ts';
import { findPosted, metadataOf } from './find.ts';
import { OPEN_TILL, type Till } from './till.ts';
import { announcedLevel, noteSeq, type View, type ViewContext, viewOf } from './views/index.ts';
import { stormView } from './views/storm.ts';

export interface DrawOptions {
  readonly client: webApi.WebClient;
  readonly store: Pick<Store, 'drawing'>;
  readonly channels?: Channels;
  readonly contextOf: (pool: string | undefined) => ViewContext;
  /** Where a thread opens when its own channel cannot be written to. */
  readonly defaultChannel: string;
  /** Left out, no limits are kept. */
  readonly till?: Till;
  /** The incidents of a storm, as its summary tells them. */
  readonly membersOf?: (storm: Incident) => Promise<readonly StormMember[]>;
}

/** A store that fails over to another server is not back within this time. */
const FRESH_MS = 1_500;

/** Where the message of a slot goes. */
interface Place {
  readonly channel: string;
  readonly thread?: string;
  /** The channel by the name that its limits are kept under. */
  readonly billed: string;
}

/**
 * The handler of `slack.message`: posts the message of a slot, or brings it up to date.
 *
 * What the message shows comes from the incident as it stands, so a drawing that comes late shows the
 * present. A try whose outcome is uncertain is looked for by its metadata before anything is posted.
 */
export function createDrawing(options: DrawOptions): Handler<'slack.message'> {
  const { client, store, till = OPEN_TILL, membersOf = async () => [] } = options;
  const channels = options.channels ?? new Channels(client);
  const defaultPlace: Place = { channel: options.defaultChannel, billed: options.defaultChannel };

  return async (effect, committed) => {
    const { slot } = effect.payload;
    // A drawing of its own follows whatever happens to the incident meanwhile.
    const drawing = committed ?? (await store.drawing(effect.incident, slot, noteSeq(slot)));
    if (drawing === undefined) return {};
    const { incident, event, message, now }: Drawing = drawing;
    if (incident.kind === 'storm') return await drawStorm(effect, drawing);
    const view = viewOf(slot, incident, options.contextOf(incident.pool), event);
    const place = placeOf(effect, incident);
    if (view === undefined || place === undefined) {
      await till.giveBack(effect);
      return {};
    }
    return await bringUpToDate(effect, { incident, now, ...(message && { message }) }, place, view);
  };

  /** The summary is looked at again until nothing in it changes any more: nobody tells it what becomes of its incidents. */
  async function drawStorm(effect: EffectOf<'slack.message'>, drawing: Drawing): Promise<Handled> {
    const { incident, now } = drawing;
    const standing = standingOf(incident, await membersOf(incident), now);
    const place = { channel: incident.channel, billed: incident.channel };
    const { message } = await bringUpToDate(effect, drawing, place, stormView(standing));
    return {
      ...(message === undefined ? {} : { message }),
      ...(standing.isCalm && incident.status === 'open' ? { command: { type: 'EndStorm' } } : {}),
      ...(standing.isOver ? {} : { againAfterMs: followAfterMs(incident, standing, now) }),
    };
  }

  async function bringUpToDate(
    effect: EffectOf<'slack.message'>,
    { incident, message, now }: Drawing,
    place: Place,
    view: View,
  ): Promise<Handled> {
    const known = message ?? (await recover(effect, place, now));
    const digest = digestOf(view);
    if (known === undefined) return await post(effect, incident, place, view, digest);
    if (known.digest === digest) await till.giveBack(effect);
    else await update(known, view, effect);
    return drawn(effect, incident, { channel: known.channel, ts: known.ts, digest });
  }

  /** An earlier try may have posted it: its answer was lost, or the process died before it was committed. */
  async function recover(
    effect: EffectOf<'slack.message'>,
    place: Place,
    now: Date,
  ): Promise<DrawnMessage | undefined> {
    const age = now.getTime() - Date.parse(effect.dueAt ?? effect.createdAt);
    // Another server may not have got the claim: a first try of an old effect may be one that a failover forgot.
    if (effect.attempt === 1 && age < FRESH_MS) return undefined;
    const places = canMove(effect, place) ? [place, defaultPlace] : [place];
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
      const method = place.thread === undefined ? 'conversations.history' : 'conversations.replies';
      const look = () => till.pay(effect, { method }, () => findPosted(client, effect, where));
      const ts = await look().catch(async (error: unknown) => {
        // Slack lets a bot write to a public channel from outside, and read it from inside only.
        if (slackError(error) !== 'not_in_channel') throw error;
        await client.conversations.join({ channel });
        return look();
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
      const answer = await till.pay(effect, { method: 'chat.postMessage', channel: place.billed }, () =>
        client.chat.postMessage({
          channel: place.channel,
          text: view.text,
          blocks: view.blocks,
          metadata: metadataOf(effect),
          unfurl_links: false,
          unfurl_media: false,
          ...(place.thread === undefined ? {} : { thread_ts: place.thread }),
        }),
      );
      if (answer.ts === undefined || answer.channel === undefined)
        throw new Later('Slack answered without a ts');
      channels.learn(place.channel, answer.channel);
      return await drawn(effect, incident, { channel: answer.channel, ts: answer.ts, digest });
    } catch (error) {
      if (error instanceof Later || error instanceof NoRoom) throw error;
      // Slack refused the channel and so posted nothing there; a thread elsewhere is better than none.
      if (isChannelError(error) && canMove(effect, place)) {
        return await post(effect, incident, defaultPlace, view, digest);
      }
      throw slackFailure(error);
    }
  }

  async function update(known: DrawnMessage, view: View, effect: EffectOf<'slack.message'>): Promise<void> {
    try {
      await till.pay(effect, { method: 'chat.update' }, () =>
        client.chat.update({
          channel: known.channel,
          ts: known.ts,
          text: view.text,
          blocks: view.blocks,
          metadata: metadataOf(effect),
        }),
      );
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
    const opensThread = effect.payload.slot === 'parent' && incident.kind !== 'storm';
    if (!opensThread || incident.thread !== undefined) return { message: saved };
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

  /** A thread without a link is still a thread: failing to get one fails nothing, if it was tried. */
  async function permalinkOf(message: DrawnMessage): Promise<string | undefined> {
    try {
      const answer = await client.chat.getPermalink({ channel: message.channel, message_ts: message.ts });
      return answer.permalink;
    } catch (error) {
      if (error instanceof Later) throw error;
      return undefined;
    }
  }

  function canMove(effect: EffectOf<'slack.message'>, place: Place): boolean {
    return effect.payload.slot === 'parent' && place.channel !== options.defaultChannel;
  }

  function placeOf(effect: EffectOf<'slack.message'>, incident: Incident): Place | undefined {
    const { slot } = effect.payload;
    const { thread } = incident;
    const billed = (thread && channels.nameOf(thread.channel)) ?? incident.channel;
    if (slot === 'parent') return { channel: thread?.channel ?? incident.channel, billed };
    const level = announcedLevel(slot);
    if (level !== undefined) {
      const channel = incident.levels.find((one) => one.level === level)?.channel;
      return channel === undefined ? undefined : { channel, billed: channel };
    }
    return thread === undefined ? undefined : { channel: thread.channel, thread: thread.ts, billed };
  }
}

function digestOf(view: View): string {
  return createHash('sha1').update(JSON.stringify(view)).digest('hex');
}
