import { SlackError } from '../errors.ts';
import { viewObject } from '../present.ts';
import { makeView } from '../views.ts';
import type { Method } from './method.ts';

/** docs.slack.dev/reference/methods/views.update: by view_id or external_id; a stale hash is refused. */
export const viewsUpdate: Method = {
  name: 'views.update',
  tier: 4,
  run: (args, { workspace }) => {
    const externalId = args.text('external_id');
    const id = externalId === undefined ? args.required('view_id') : undefined;
    const before = workspace
      .views()
      .find((view) => (id === undefined ? view.external_id === externalId : view.id === id));
    if (before === undefined) throw new SlackError('not_found');
    const hash = args.text('hash');
    if (hash !== undefined && hash !== before.hash) throw new SlackError('hash_conflict');
    const payload = args.json('view', 'invalid_arguments');
    const view = makeView(workspace, payload, { user: before.user, replaces: before });
    return { view: viewObject(workspace, workspace.saveView(view)) };
  },
};
