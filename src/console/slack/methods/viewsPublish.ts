import { SlackError } from '../errors.ts';
import { viewObject } from '../present.ts';
import { makeView } from '../views.ts';
import type { Method } from './method.ts';

/** docs.slack.dev/reference/methods/views.publish: the App Home of one person. */
export const viewsPublish: Method = {
  name: 'views.publish',
  tier: 4,
  run: (args, { workspace }) => {
    const user = workspace.user(args.required('user_id'));
    if (user === undefined || user.is_bot)
      throw new SlackError('invalid_arguments', { messages: ['unknown user_id'] });
    const before = workspace.views(user.id).find((view) => view.type === 'home');
    const hash = args.text('hash');
    if (hash !== undefined && hash !== before?.hash) throw new SlackError('hash_conflict');
    const place = before === undefined ? { user: user.id } : { user: user.id, replaces: before };
    const view = makeView(workspace, args.json('view', 'invalid_arguments'), place);
    if (view.type !== 'home') {
      throw new SlackError('invalid_arguments', { messages: ['must be home [json-pointer:/view/type]'] });
    }
    return { view: viewObject(workspace, workspace.saveView(view)) };
  },
};
