import { SlackError } from '../errors.ts';
import { userObject } from '../people.ts';
import type { Method } from './method.ts';

/** docs.slack.dev/reference/methods/users.info */
export const usersInfo: Method = {
  name: 'users.info',
  scope: 'users:read',
  tier: 4,
  run: (args, { workspace, scopes }) => {
    const user = workspace.user(args.required('user'));
    if (user === undefined) throw new SlackError('user_not_found');
    return { user: userObject(user, workspace.team, scopes) };
  },
};
