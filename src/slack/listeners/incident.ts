import type { App } from '@slack/bolt';
import type { Command } from '../../incident/commands.ts';
import type { Desk } from '../desk.ts';
import { ACTION } from '../views/actions.ts';
import { type Answer, onPress, type Press, text } from './press.ts';

/** The buttons of the parent message and of the steps. */
export function listenToIncidents(app: App, desk: Desk): void {
  const give = (command: (press: Press) => Command) => {
    return async (press: Press): Promise<Answer> => {
      const { told } = await desk.loop.submit({
        to: { incident: text(press.value, 'i') },
        command: command(press),
      });
      return told;
    };
  };
  onPress(
    app,
    desk,
    ACTION.acknowledge,
    give(({ actor }) => ({ type: 'Acknowledge', by: actor })),
  );
  onPress(
    app,
    desk,
    ACTION.resolve,
    give(({ actor }) => ({ type: 'Resolve', by: actor })),
  );
  onPress(
    app,
    desk,
    ACTION.escalate,
    give(({ actor }) => ({ type: 'Escalate', by: actor })),
  );
  onPress(
    app,
    desk,
    ACTION.dataCorruption,
    give(({ actor }) => ({ type: 'SuspectDataCorruption', by: actor })),
  );
}
