import { channelObject } from '../present.ts';
import { channelById, type Method } from './method.ts';

/** docs.slack.dev/reference/methods/conversations.info */
export const conversationsInfo: Method = {
  name: 'conversations.info',
  scope: 'channels:read',
  tier: 3,
  run: (args, context) => ({ channel: channelObject(channelById(args, context)) }),
};
