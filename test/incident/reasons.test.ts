import { expect, test } from 'vitest';
import type { Command } from '../../src/incident/commands.ts';
import type { Action } from '../../src/incident/remedy.ts';
import { toldText } from '../../src/slack/views/told.ts';
import { backend, inThread, PREVIEW, RITA, Story } from './given.ts';

function ask(action: Action, reason?: string): Command {
  const what = { action, target: backend(4711), preview: PREVIEW, id: 'inc-1' };
  return { type: 'RequestRemedy', by: RITA, ...what, ...(reason === undefined ? {} : { reason }) };
}

test.each<Action>(['restart', 'pool_size', 'rollback_prepared'])(
  '%s is not asked for without a reason, by whatever way',
  (action) => {
    for (const story of [inThread(), new Story()]) {
      for (const reason of [undefined, '', ' \n']) {
        const { events, told } = story.when(ask(action, reason));
        expect(events).toEqual([]);
        expect(toldText(told)).toContain('takes a reason');
      }
      expect(story.when(ask(action, 'it is stuck')).told).toMatchObject({
        code: 'requested',
        request: { reason: 'it is stuck' },
      });
    }
  },
);

test.each<Action>(['terminate', 'cancel', 'terminate_leak', 'timeout'])('%s takes none', (action) => {
  expect(inThread().when(ask(action)).told).toMatchObject({ code: 'requested' });
});
