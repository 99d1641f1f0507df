import type { App } from '@slack/bolt';
import type { Desk } from '../desk.ts';
import { ACTION } from '../views/actions.ts';
import { OTHER_CAUSE, ROOT_CAUSE_INPUT, ROOT_CAUSE_MODAL, rootCauseModal } from '../views/root-cause.ts';
import { toldText } from '../views/told.ts';
import { takeModal } from './modal.ts';
import { onOpen, onPress, parse, text } from './press.ts';

/** The buttons that run checks, and the modal in which the root cause is named. */
export function listenToDiagnosis(app: App, desk: Desk): void {
  onPress(app, desk, ACTION.runStep, async ({ actor, value }) => {
    const { told } = await desk.loop.submit({
      to: { incident: text(value, 'i') },
      command: { type: 'RunStep', by: actor, step: Number(value['step']) },
    });
    return told;
  });
  onPress(app, desk, ACTION.runAll, async ({ actor, value }) => {
    const { told } = await desk.loop.submit({
      to: { incident: text(value, 'i') },
      command: { type: 'RunAllSteps', by: actor },
    });
    return told;
  });
  openRootCause(app, desk);
  takeRootCause(app, desk);
}

function openRootCause(app: App, desk: Desk): void {
  onOpen(app, desk, ACTION.rootCause, async ({ value }) => {
    const incident = await desk.store.incident(text(value, 'i'));
    return incident === undefined
      ? { text: toldText({ code: 'not_open' }) ?? '' }
      : rootCauseModal(incident, desk.causes);
  });
}

function takeRootCause(app: App, desk: Desk): void {
  app.view(ROOT_CAUSE_MODAL, async ({ ack, view, body, client }) => {
    const began = performance.now();
    const choice = view.state.values[ROOT_CAUSE_INPUT.choice]?.[ROOT_CAUSE_INPUT.choice];
    const chosen = choice?.selected_option?.value ?? OTHER_CAUSE;
    const words = (view.state.values[ROOT_CAUSE_INPUT.words]?.[ROOT_CAUSE_INPUT.words]?.value ?? '').trim();
    if (chosen === OTHER_CAUSE && words === '') {
      await ack({
        response_action: 'errors',
        errors: { [ROOT_CAUSE_INPUT.words]: 'Say what it was, or choose a cause from the list.' },
      });
      return;
    }
    await ack();
    const ackMs = performance.now() - began;
    const incident = text(parse(view.private_metadata), 'i');
    const known = desk.causes.find(({ id }) => id === chosen);
    const title = [known?.title, words === '' ? undefined : words]
      .filter((part) => part !== undefined)
      .join(': ');
    await takeModal(desk, client, { modal: ROOT_CAUSE_MODAL, incident, user: body.user, ackMs }, (by) =>
      desk.loop.submit({
        to: { incident },
        command: {
          type: 'NameRootCause',
          by,
          title,
          ...(known === undefined ? {} : { cause: known.id }),
        },
      }),
    );
  });
}
