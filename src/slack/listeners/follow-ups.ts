import type { App } from '@slack/bolt';
import type { Desk } from '../desk.ts';
import { ACTION } from '../views/actions.ts';
import { ASSIGN_INPUT, ASSIGN_MODAL, assignModal } from '../views/follow-ups.ts';
import { toldText } from '../views/told.ts';
import { actorOf, onOpen, onPress, parse, text, troubleText } from './press.ts';

/** The checklist after an incident: its items are given to people, and closed. */
export function listenToFollowUps(app: App, desk: Desk): void {
  onPress(app, desk, ACTION.closeFollowUp, async ({ actor, value }) => {
    const { told } = await desk.loop.submit({
      to: { incident: text(value, 'i') },
      command: { type: 'CloseFollowUp', by: actor, item: text(value, 'f') },
    });
    return told;
  });
  onOpen(app, desk, ACTION.assignFollowUp, async ({ value }) => {
    const incident = await desk.store.incident(text(value, 'i'));
    const modal = incident === undefined ? undefined : assignModal(incident);
    return modal ?? { text: 'Nothing of this list is left to do.' };
  });
  app.view(ASSIGN_MODAL, async ({ ack, view, body, client }) => {
    const began = performance.now();
    await ack();
    const ackMs = performance.now() - began;
    const { values } = view.state;
    const item = values[ASSIGN_INPUT.item]?.[ASSIGN_INPUT.item]?.selected_option?.value ?? '';
    const to = values[ASSIGN_INPUT.person]?.[ASSIGN_INPUT.person]?.selected_user ?? '';
    const day = values[ASSIGN_INPUT.day]?.[ASSIGN_INPUT.day]?.selected_date ?? undefined;
    const incident = text(parse(view.private_metadata), 'i');
    let answer: string | undefined;
    let outcome: 'done' | 'refused' | 'failed' = 'done';
    try {
      const { told } = await desk.loop.submit({
        to: { incident },
        command: {
          type: 'AssignFollowUp',
          by: await actorOf(desk, body.user.id, body.user.name),
          item,
          to: { id: to, via: 'slack' },
          ...(day === undefined ? {} : { due: day }),
        },
      });
      if (told?.code === 'not_allowed') outcome = 'refused';
      answer = toldText(told);
    } catch (error) {
      desk.log.error({ err: error, action: ASSIGN_MODAL }, 'an item could not be assigned');
      outcome = 'failed';
      answer = troubleText(error);
    }
    desk.onInteraction(ASSIGN_MODAL, outcome, ackMs);
    if (answer === undefined) return;
    const thread = (await desk.store.incident(incident).catch(() => undefined))?.thread;
    if (thread === undefined) return;
    await client.chat
      .postEphemeral({ channel: thread.channel, thread_ts: thread.ts, user: body.user.id, text: answer })
      .catch((error: unknown) => desk.log.warn({ err: error }, 'the answer did not reach the person'));
  });
}
