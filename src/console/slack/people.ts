import type { AppIdentity, Team, User, UserGroup } from './types.ts';

/** A person to put into the workspace. */
export interface UserSeed {
  readonly id: string;
  /** The full name; handle, initials and colour follow from it when they are left out. */
  readonly real_name: string;
  readonly name?: string;
  /** What the person does, shown beside the name. */
  readonly title?: string;
  /** Shown to apps with the scope `users:read.email`. */
  readonly email?: string;
  /** Six hexadecimal digits without `#`. */
  readonly color?: string;
}

/** The workspace when nothing else is said. */
export const DEFAULT_TEAM: Team = { id: 'T0LOCAL', name: 'Local workspace', domain: 'local' };

/** The app when nothing else is said. */
export const DEFAULT_APP: AppIdentity = {
  appId: 'A0LIFEGUARD',
  botId: 'B0LIFEGUARD',
  botUserId: 'U0LIFEGUARD',
  name: 'Lifeguard',
};

/** Two people and what they do: enough to ask for a fix as one and approve it as the other. */
export const DEFAULT_USERS: readonly UserSeed[] = [
  { id: 'U0ALICE', real_name: 'Alice', title: 'On-call engineer', color: '1d6fb8' },
  { id: 'U0BOB', real_name: 'Bob', title: 'Database administrator', color: '8a4bb0' },
];

/** Avatar backgrounds dark enough for white letters (contrast above 4.5). */
const COLORS = ['1d6fb8', '8a4bb0', '1f7a4d', 'a3561a', 'b0304f', '4a5bb8', '546270'] as const;

/** Completes a seed. */
export function makeUser(seed: UserSeed, index: number): User {
  return {
    id: seed.id,
    name: seed.name ?? seed.real_name.toLowerCase().replaceAll(/\s+/g, '.'),
    real_name: seed.real_name,
    title: seed.title ?? '',
    ...(seed.email === undefined ? {} : { email: seed.email }),
    color: seed.color ?? COLORS[index % COLORS.length] ?? COLORS[0],
    initials: initials(seed.real_name),
    tz: 'Etc/UTC',
    is_bot: false,
  };
}

/** The bot's own user. */
export function makeBotUser(app: AppIdentity): User {
  return {
    id: app.botUserId,
    name: app.name.toLowerCase(),
    real_name: app.name,
    title: 'App',
    color: 'c2410c',
    initials: initials(app.name),
    tz: 'Etc/UTC',
    is_bot: true,
  };
}

function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => word !== '');
  const first = words[0]?.[0] ?? '?';
  const last = words.length > 1 ? (words.at(-1)?.[0] ?? '') : '';
  return (first + last).toUpperCase();
}

/** A user as `users.info` gives it (docs.slack.dev/reference/objects/user-object). */
export function userObject(user: User, team: Team, scopes: readonly string[]): Record<string, unknown> {
  return {
    id: user.id,
    team_id: team.id,
    name: user.name,
    deleted: false,
    color: user.color,
    real_name: user.real_name,
    tz: user.tz,
    tz_label: user.tz,
    tz_offset: 0,
    profile: {
      title: user.title,
      real_name: user.real_name,
      real_name_normalized: user.real_name,
      display_name: user.name,
      display_name_normalized: user.name,
      team: team.id,
      ...(user.email !== undefined && scopes.includes('users:read.email') ? { email: user.email } : {}),
    },
    is_admin: false,
    is_owner: false,
    is_restricted: false,
    is_ultra_restricted: false,
    is_bot: user.is_bot,
    is_app_user: false,
    updated: 0,
  };
}

/** A user group as `usergroups.list` gives it. */
export function groupObject(group: UserGroup, team: Team, withUsers: boolean): Record<string, unknown> {
  return {
    id: group.id,
    team_id: team.id,
    is_usergroup: true,
    name: group.name,
    description: '',
    handle: group.handle,
    is_external: false,
    date_create: 0,
    date_update: 0,
    date_delete: 0,
    user_count: group.users.length,
    ...(withUsers ? { users: group.users } : {}),
  };
}
