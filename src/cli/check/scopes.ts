/** The bot scopes of manifest.yml, each with what is lost without it. */
export const SCOPES: Readonly<Record<string, string>> = {
  'chat:write': 'nothing can be posted',
  'chat:write.public': 'channels the bot is no member of cannot be posted to',
  commands: '/pool is not there',
  'channels:join': 'public channels cannot be entered',
  'channels:read': 'channels cannot be found by their names',
  'channels:history': 'a message may be posted twice after a lost answer',
  'groups:read': 'private channels cannot be found by their names',
  'groups:history': 'a message may be posted twice in a private channel after a lost answer',
  'usergroups:read': 'nobody in a user group may act',
  'users:read': 'people have no names in reports',
  'users:read.email': 'a hand-over does not reach PagerDuty, which knows people by their addresses',
  'files:write': 'charts cannot be uploaded',
};
