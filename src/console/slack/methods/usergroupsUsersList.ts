import { SlackError } from '../errors.ts';
import type { Method } from './method.ts';

/** docs.slack.dev/reference/methods/usergroups.users.list */
export const usergroupsUsersList: Method = {
  name: 'usergroups.users.list',
  scope: 'usergroups:read',
  tier: 2,
  run: (args, { workspace }) => {
    const group = workspace.group(args.required('usergroup'));
    if (group === undefined) throw new SlackError('no_such_subteam');
    return { users: group.users };
  },
};
