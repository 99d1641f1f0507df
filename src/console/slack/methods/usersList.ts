import { userObject } from '../people.ts';
import type { Method } from './method.ts';
import { page } from './paging.ts';

const DEFAULT_LIMIT = 1_000;
const MILLISECONDS_PER_SECOND = 1_000;

/** docs.slack.dev/reference/methods/users.list */
export const usersList: Method = {
  name: 'users.list',
  scope: 'users:read',
  tier: 2,
  run: (args, { workspace, scopes }) => {
    const { items, next } = page(workspace.users(), args, DEFAULT_LIMIT);
    return {
      members: items.map((user) => userObject(user, workspace.team, scopes)),
      cache_ts: Math.floor(workspace.now() / MILLISECONDS_PER_SECOND),
      response_metadata: { next_cursor: next },
    };
  },
};
