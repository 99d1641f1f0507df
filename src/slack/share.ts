import type { webApi } from '@slack/bolt';
import { type Handled, type Handler, Hopeless } from '../effects/handler.ts';
import type { EffectOf, SharedFile } from '../incident/effects.ts';
import type { Incident } from '../incident/state.ts';
import type { Store } from '../store/store.ts';
import { slackFailure } from './errors.ts';
import { findShared } from './find.ts';
import { OPEN_TILL, type Till } from './till.ts';
import { FilesRefused, type Upload, uploadFile } from './upload.ts';

/** A file as it is made for an incident. */
export interface MadeFile extends Omit<Upload, 'channel' | 'threadTs' | 'bytes'> {
  /** Rejects where pictures cannot be made on this platform. */
  readonly bytes: () => Promise<Buffer>;
  /** What stands in the thread where files are refused: one line. */
  readonly instead?: string;
}

export interface ShareOptions {
  readonly client: webApi.WebClient;
  readonly store: Pick<Store, 'incident' | 'now'>;
  /** Left out, no limits are kept. */
  readonly till?: Till;
  /** The file's content; `undefined` when there is nothing to show. */
  readonly make: (file: SharedFile, incident: Incident, now: Date) => Promise<MadeFile | undefined>;
}

/**
 * The handler of `slack.file`: makes a file and uploads it into the thread. Where the workspace takes
 * no files, or pictures cannot be made here, the incident is told what to say instead.
 */
export function createSharing({
  client,
  store,
  make,
  till = OPEN_TILL,
}: ShareOptions): Handler<'slack.file'> {
  return async (effect) => {
    const { file, firing } = effect.payload;
    const incident = await store.incident(effect.incident);
    const thread = incident?.thread;
    if (incident === undefined || thread === undefined || isThere(incident, file, firing)) {
      await till.giveBack(effect);
      return {};
    }
    const made = await make(file, incident, await store.now());
    if (made === undefined) {
      await till.giveBack(effect);
      return {};
    }
    const { bytes: draw, instead, ...about } = made;
    const bytes = await draw().catch(() => undefined);
    if (bytes === undefined) return recorded(effect, instead === undefined ? {} : { instead });
    try {
      const known = await recover(effect, about.filename, { channel: thread.channel, thread: thread.ts });
      if (known !== undefined) {
        await till.giveBack(effect);
        return recorded(effect, { fileId: known });
      }
      const upload = { ...about, bytes, channel: thread.channel, threadTs: thread.ts };
      const { fileId } = await till.pay(effect, { method: 'files' }, () => uploadFile(client, upload));
      return recorded(effect, { fileId });
    } catch (error) {
      if (!(error instanceof FilesRefused)) throw error;
      return recorded(effect, instead === undefined ? {} : { instead });
    }
  };

  /** An earlier try may have shared it: its answer was lost, or the process died before it was committed. */
  async function recover(
    effect: EffectOf<'slack.file'>,
    filename: string,
    where: { readonly channel: string; readonly thread: string },
  ): Promise<string | undefined> {
    if (effect.attempt === 1) return undefined;
    try {
      return await till.pay(effect, { method: 'conversations.replies' }, () =>
        findShared(client, filename, effect.createdAt, where),
      );
    } catch (error) {
      const failure = slackFailure(error);
      // Where Slack does not let us look, a picture may stand there twice: better than none.
      if (failure instanceof Hopeless) return undefined;
      throw failure;
    }
  }
}

function isThere(incident: Incident, file: SharedFile, firing: number): boolean {
  const known = incident.files[file];
  return known?.firing === firing && known.fileId !== undefined;
}

function recorded(
  effect: EffectOf<'slack.file'>,
  shared: { readonly fileId?: string; readonly instead?: string },
): Handled {
  return { command: { type: 'RecordFile', ...effect.payload, ...shared } };
}
