import type { App } from '@slack/bolt';
import type { Desk } from '../desk.ts';
import { ACTION } from '../views/actions.ts';
import { ASSIGN_INPUT, ASSIGN_MODAL, assignModal } from '../views/follow-ups.ts';
import { takeModal } from './modal.ts';
import { onOpen, onPress, parse, text } from './press.ts';

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
    await takeModal(desk, client, { modal: ASSIGN_MODAL, incident, user: body.user, ackMs }, (by) =>
      desk.loop.submit({
        to: { incident },
        command: {
          type: 'AssignFollowUp',
          by,
          item,
          to: { id: to, via: 'slack' },
          ...(day === undefined ? {} : { due: day }),
        },
      }),
    );
  });
}
