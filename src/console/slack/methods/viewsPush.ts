import { SlackError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { viewObject } from '../present.ts';
import { makeView, modalStack, spendTrigger } from '../views.ts';
import type { Method } from './method.ts';

/** docs.slack.dev/reference/methods/views.push: a modal above the open one, three at most. */
export const viewsPush: Method = {
  name: 'views.push',
  tier: 4,
  run: (args, { workspace }) => {
    const triggerId = args.required('trigger_id');
    const payload = args.json('view', 'invalid_arguments');
    const trigger = workspace.triggers.check(triggerId);
    if (typeof trigger === 'string') throw new SlackError(trigger);
    const stack = modalStack(workspace, trigger.user);
    const top = stack.at(-1);
    if (top === undefined) throw new SlackError('not_found');
    if (stack.length >= LIMITS.modalStack) throw new SlackError('push_limit_reached');
    const view = makeView(workspace, payload, { user: trigger.user, under: top });
    spendTrigger(workspace, triggerId);
    return { view: viewObject(workspace, workspace.saveView(view)) };
  },
};
