import type { z } from 'zod';
import { accessSchema } from './schema/access.ts';
import { escalationSchema } from './schema/escalation.ts';
import { duration, list } from './schema/fields.ts';
import { poolSchema } from './schema/pool.ts';
import { slackSchema } from './schema/slack.ts';
import { section } from './schema/strict.ts';
import { heartbeatSchema, watchdogSchema } from './schema/watchdog.ts';
import type { Config } from './types.ts';

/**
 * `lifeguard.yaml`: the keys it may have, what each must be, and what it becomes in the program.
 *
 * What one key can tell is checked here. What only several together can tell (levels in order, names
 * that are unique) is in `rules.ts`.
 */
export const fileSchema = section(
  {
    slack: slackSchema.prefault({}).describe('Where Lifeguard talks to people.'),
    access: accessSchema.prefault({}).describe('Who may do what.'),
    reopen_within: duration()
      .prefault('30m')
      .describe('An alert that fires again within this time of its resolve goes on in the same thread.'),
    pools: list(poolSchema).describe('The connection pools that are looked after.'),
    escalation: escalationSchema.optional().describe('Who is brought in, when, and how. Left out: nobody.'),
    watchdog: watchdogSchema
      .optional()
      .describe('A dead man’s switch for the way that alerts take: somebody is paged when it falls silent.'),
    heartbeat: heartbeatSchema.optional().describe('A sign of life for someone else’s monitor.'),
  },
  { reopen_within: 'reopenWithinMs' },
);

/** Makes a `Config` of what the schema has read. */
export function configOf({ escalation, ...rest }: z.output<typeof fileSchema>): Config {
  return { ...rest, escalation: escalation ?? { levels: [], atOnce: {} } };
}
