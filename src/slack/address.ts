import type { webApi } from '@slack/bolt';
import { slackError, slackFailure } from './errors.ts';

/** Slack's refusals that stay, in words that may be shown to anyone. */
const UNKNOWN: Readonly<Record<string, string>> = {
  missing_scope: 'Slack does not tell their e-mail address (the scope users:read.email is missing)',
  user_not_found: 'Slack does not know them',
  user_not_visible: 'Slack does not show them to the app',
};

/**
 * The e-mail address of a person, by `users.info`; Slack leaves it out without the scope `users:read.email`.
 *
 * @throws Later when Slack does not answer now
 */
export async function addressOf(
  client: webApi.WebClient,
  user: string,
): Promise<{ readonly email: string } | { readonly unknown: string }> {
  try {
    const { user: found } = await client.users.info({ user });
    const email = found?.profile?.email;
    return email === undefined || email === ''
      ? { unknown: 'Slack does not tell their e-mail address (is the scope users:read.email there?)' }
      : { email };
  } catch (error) {
    const why = UNKNOWN[slackError(error) ?? ''];
    if (why !== undefined) return { unknown: why };
    throw slackFailure(error);
  }
}
