import type { App } from '@slack/bolt';
import type { Desk } from '../desk.ts';
import { ACTION } from '../views/actions.ts';
import { OTHER_CAUSE, ROOT_CAUSE_INPUT, ROOT_CAUSE_MODAL, rootCauseModal } from '../views/root-cause.ts';
import { toldText } from '../views/told.ts';
import { actorOf, onOpen, onPress, parse, text, troubleText } from './press.ts';

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
    let answer: string | undefined;
    let outcome: 'done' | 'refused' | 'failed' = 'done';
    try {
      const { told } = await desk.loop.submit({
        to: { incident },
        command: {
          type: 'NameRootCause',
          by: await actorOf(desk, body.user.id, body.user.name),
          title,
          ...(known === undefined ? {} : { cause: known.id }),
        },
      });
      if (told?.code === 'not_allowed') outcome = 'refused';
      answer = toldText(told);
    } catch (error) {
      desk.log.error({ err: error, action: ROOT_CAUSE_MODAL }, 'a root cause could not be saved');
      outcome = 'failed';
      answer = troubleText(error);
    }
    desk.onInteraction(ROOT_CAUSE_MODAL, outcome, ackMs);
    if (answer === undefined) return;
    // A modal has no response_url, so the answer goes into the thread, for one person's eyes.
    const thread = (await desk.store.incident(incident).catch(() => undefined))?.thread;
    if (thread === undefined) return;
    await client.chat
      .postEphemeral({ channel: thread.channel, thread_ts: thread.ts, user: body.user.id, text: answer })
      .catch((error: unknown) => desk.log.warn({ err: error }, 'the answer did not reach the person'));
  });
}
