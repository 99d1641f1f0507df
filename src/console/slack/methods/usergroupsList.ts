import { groupObject } from '../people.ts';
import type { Method } from './method.ts';

/** docs.slack.dev/reference/methods/usergroups.list */
export const usergroupsList: Method = {
  name: 'usergroups.list',
  scope: 'usergroups:read',
  tier: 2,
  run: (args, { workspace }) => ({
    usergroups: workspace
      .groups()
      .map((group) => groupObject(group, workspace.team, args.flag('include_users'))),
  }),
};
