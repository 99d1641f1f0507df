import type { webApi } from '@slack/bolt';
import type { Told } from '../../incident/decide/index.ts';
import type { Actor } from '../../incident/people.ts';
import { currentScope, inScope } from '../../observe/scope.ts';
import type { Desk } from '../desk.ts';
import { toldText } from '../views/told.ts';
import { actorOf, troubleText } from './press.ts';

/** A modal about an incident that someone has sent, acknowledged already. */
export interface SentModal {
  /** Its callback_id. */
  readonly modal: string;
  readonly incident: string;
  readonly user: { readonly id: string; readonly name: string };
  /** How long the acknowledgement took, in milliseconds. */
  readonly ackMs: number;
}

/**
 * Does what a sent modal asks for, and tells its sender what came of it. A modal has no response_url, so
 * the answer goes into the thread, for one person's eyes. Never rejects.
 */
export function takeModal(
  desk: Desk,
  client: webApi.WebClient,
  sent: SentModal,
  act: (actor: Actor) => Promise<{ readonly told?: Told }>,
): Promise<void> {
  return inScope({ ...currentScope(), incident: sent.incident }, () => take(desk, client, sent, act));
}

async function take(
  desk: Desk,
  client: webApi.WebClient,
  sent: SentModal,
  act: (actor: Actor) => Promise<{ readonly told?: Told }>,
): Promise<void> {
  const { modal, incident, user, ackMs } = sent;
  let answer: string | undefined;
  let outcome: 'done' | 'refused' | 'failed' = 'done';
  try {
    const { told } = await act(await actorOf(desk, user.id, user.name));
    if (told?.code === 'not_allowed') outcome = 'refused';
    answer = toldText(told);
  } catch (error) {
    desk.log.error({ err: error, action: modal }, 'a modal could not be carried out');
    outcome = 'failed';
    answer = troubleText(error);
  }
  desk.onInteraction(modal, outcome, ackMs);
  if (answer === undefined) return;
  const thread = (await desk.store.incident(incident).catch(() => undefined))?.thread;
  if (thread === undefined) return;
  await client.chat
    .postEphemeral({ channel: thread.channel, thread_ts: thread.ts, user: user.id, text: answer })
    .catch((error: unknown) => desk.log.warn({ err: error }, 'the answer did not reach the person'));
}
