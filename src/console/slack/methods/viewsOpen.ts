import { SlackError } from '../errors.ts';
import { viewObject } from '../present.ts';
import { makeView, modalStack, spendTrigger } from '../views.ts';
import type { Method } from './method.ts';

/** docs.slack.dev/reference/methods/views.open: within three seconds of what the person did. */
export const viewsOpen: Method = {
  name: 'views.open',
  tier: 4,
  run: (args, { workspace }) => {
    const triggerId = args.required('trigger_id');
    const payload = args.json('view', 'invalid_arguments');
    const trigger = workspace.triggers.check(triggerId);
    if (typeof trigger === 'string') throw new SlackError(trigger);
    const view = makeView(workspace, payload, { user: trigger.user });
    if (view.type !== 'modal') {
      throw new SlackError('invalid_arguments', { messages: ['must be modal [json-pointer:/view/type]'] });
    }
    spendTrigger(workspace, triggerId);
    for (const old of modalStack(workspace, view.user)) workspace.removeView(old.id);
    return { view: viewObject(workspace, workspace.saveView(view)) };
  },
};
