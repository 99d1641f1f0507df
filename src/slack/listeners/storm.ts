import type { App, BlockAction, StaticSelectAction } from '@slack/bolt';
import type { Desk } from '../desk.ts';
import { ACTION } from '../views/actions.ts';
import { toldText } from '../views/told.ts';
import { actorOf, text as textOf, troubleText } from './press.ts';

/** The menu of a storm's summary: the thread of the chosen incident comes before the others. */
export function listenToStorms(app: App, desk: Desk): void {
  const filter = { type: 'block_actions', action_id: ACTION.bringThread } as const;
  app.action<BlockAction<StaticSelectAction>>(filter, async ({ ack, action, body, respond }) => {
    const began = performance.now();
    await ack();
    const ackMs = performance.now() - began;
    let text: string | undefined;
    let outcome: 'done' | 'refused' | 'failed' = 'done';
    try {
      const by = await actorOf(desk, body.user.id, 'name' in body.user ? body.user.name : undefined);
      const incident = textOf({ incident: action.selected_option?.value }, 'incident');
      const { told } = await desk.loop.submit({ to: { incident }, command: { type: 'BringThread', by } });
      if (told?.code === 'not_allowed') outcome = 'refused';
      text = toldText(told);
    } catch (error) {
      desk.log.error({ err: error, action: ACTION.bringThread }, 'a choice could not be carried out');
      text = troubleText(error);
      outcome = 'failed';
    }
    desk.onInteraction(ACTION.bringThread, outcome, ackMs);
    if (text === undefined) return;
    await respond({ response_type: 'ephemeral', replace_original: false, text }).catch((error: unknown) =>
      desk.log.warn({ err: error }, 'the answer did not reach the person'),
    );
  });
}
