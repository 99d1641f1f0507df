import type { Method } from './method.ts';

/** docs.slack.dev/reference/methods/auth.test */
export const authTest: Method = {
  name: 'auth.test',
  tier: 'free',
  run: (_args, { workspace }) => ({
    url: `https://${workspace.team.domain}.slack.com/`,
    team: workspace.team.name,
    user: workspace.user(workspace.app.botUserId)?.name,
    team_id: workspace.team.id,
    user_id: workspace.app.botUserId,
    bot_id: workspace.app.botId,
    is_enterprise_install: false,
  }),
};
