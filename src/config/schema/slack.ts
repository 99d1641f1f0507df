import { channel } from './ids.ts';
import { section } from './strict.ts';

/** Where an incident's thread opens when its pool names no channel of its own. */
const DEFAULT_CHANNEL = '#incidents';

/** `slack`: where Lifeguard talks to people. */
export const slackSchema = section(
  {
    channel: channel()
      .prefault(DEFAULT_CHANNEL)
      .describe(
        'The channel where a thread opens, unless its pool names its own: a name in quotes ("#incidents") or an id (C…).',
      ),
  },
  {},
);
