import type { App } from '@slack/bolt';
import { nextDue } from '../../incident/escalation.ts';
import type { Desk } from '../desk.ts';
import { ACTION } from '../views/actions.ts';
import {
  HAND_OVER_INPUT,
  HAND_OVER_MODAL,
  handOverModal,
  SNOOZE_INPUT,
  SNOOZE_MODAL,
  snoozeModal,
} from '../views/shift.ts';
import { toldText } from '../views/told.ts';
import { takeModal } from './modal.ts';
import { actorOf, onOpen, parse, text } from './press.ts';

/** The buttons that put the next level off and hand the incident over, and their modals. */
export function listenToShifts(app: App, desk: Desk): void {
  onOpen(app, desk, ACTION.snooze, async ({ value }) => {
    const incident = await desk.store.incident(text(value, 'i'));
    if (incident === undefined) return gone();
    const policy = desk.policy(incident.pool);
    // Anything else is told when it is sent: only the incident's own rules know it.
    return nextDue(incident, policy) === undefined
      ? { text: toldText({ code: 'nothing_to_snooze' }) ?? '' }
      : snoozeModal(incident, policy);
  });
  onOpen(app, desk, ACTION.handOver, async ({ value }) => {
    const incident = await desk.store.incident(text(value, 'i'));
    return incident === undefined ? gone() : handOverModal(incident);
  });
  app.view(SNOOZE_MODAL, async ({ ack, view, body, client }) => {
    const began = performance.now();
    const reason = (view.state.values[SNOOZE_INPUT]?.[SNOOZE_INPUT]?.value ?? '').trim();
    if (reason === '') {
      await ack({ response_action: 'errors', errors: { [SNOOZE_INPUT]: 'Say why, in a few words.' } });
      return;
    }
    await ack();
    const ackMs = performance.now() - began;
    const incident = text(parse(view.private_metadata), 'i');
    await takeModal(desk, client, { modal: SNOOZE_MODAL, incident, user: body.user, ackMs }, (by) =>
      desk.loop.submit({ to: { incident }, command: { type: 'Snooze', by, reason } }),
    );
  });
  app.view(HAND_OVER_MODAL, async ({ ack, view, body, client }) => {
    const began = performance.now();
    const chosen = view.state.values[HAND_OVER_INPUT]?.[HAND_OVER_INPUT]?.selected_user ?? '';
    if (chosen === '') {
      await ack({ response_action: 'errors', errors: { [HAND_OVER_INPUT]: 'Choose who takes it.' } });
      return;
    }
    await ack();
    const ackMs = performance.now() - began;
    const incident = text(parse(view.private_metadata), 'i');
    await takeModal(desk, client, { modal: HAND_OVER_MODAL, incident, user: body.user, ackMs }, async (by) =>
      desk.loop.submit({
        to: { incident },
        command: { type: 'HandOver', by, to: await actorOf(desk, chosen, undefined) },
      }),
    );
  });
}

function gone(): { readonly text: string } {
  return { text: toldText({ code: 'not_open' }) ?? '' };
}
