import { z } from 'zod';
import { MINUTE_MS, SECOND_MS } from '../duration.ts';
import { escalationSchema } from './escalation.ts';
import { duration, formed, percent, postgresUrl, text, wants, wantsText, webUrl } from './fields.ts';
import { channel } from './ids.ts';
import { logsSchema } from './logs.ts';
import { poolSizeSchema } from './pool-size.ts';
import { prometheusSchema } from './prometheus.ts';
import { restartSchema } from './restart.ts';
import { section } from './strict.ts';

/** Below the threshold by a margin, so that a pool at its edge does not count as healthy. */
const DEFAULT_HEALTHY_BELOW = 80;

/** Utilisation from which a pool counts as exhausted, in per cent. */
export const DEFAULT_THRESHOLD = 90;

/** A pool's name. */
export const nameSchema = formed(/^[a-z0-9_-]{1,63}$/, 'must be made of lower-case letters, digits, - and _');

/** The labels that tie an alert to a pool. */
export const matchSchema = z
  .record(
    z
      .string()
      .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, { error: 'must be the name of a label: letters, digits and _' }),
    z.string({ error: wantsText('text') }),
    { error: wants('a mapping of labels to their values') },
  )
  .refine((labels) => Object.keys(labels).length > 0, {
    error: 'must name at least one label, or every alert would belong to this pool',
  })
  .meta({ minProperties: 1 });

const linksSchema = z.record(
  z.string().regex(/^.{1,40}$/, { error: 'must be a name of at most 40 characters' }),
  webUrl(),
  { error: wants('a mapping of names to URLs') },
);

const detectSchema = section(
  {
    above: percent()
      .optional()
      .describe('Open an incident above this share of the usable connections. Default: `threshold`.'),
    for: duration().prefault('5m').describe('For how long the pool must stay above it.'),
    warn: percent().optional().describe('Post one early warning above this share. Left out: no warning.'),
  },
  { for: 'forMs' },
);

const verifySchema = section(
  {
    within: duration({ leastMs: SECOND_MS })
      .prefault('60s')
      .describe('How long the pool is watched after a fix.'),
    healthy_below: percent()
      .optional()
      .describe(
        'Below this utilisation the fix counts as one. Default: 80, or `threshold` where that is less.',
      ),
  },
  { within: 'withinMs', healthy_below: 'healthyBelow' },
);

const poolShape = {
  name: nameSchema.describe('What the pool is called in messages and commands (`/pool status orders`).'),
  match: matchSchema.describe(
    'Labels that tie an alert to this pool; all must be equal. Of several pools that match, the one with most labels takes the alert.',
  ),
  database_url: postgresUrl().describe(
    'Connection string of the database in trouble; best as ${NAME}. Its role needs pg_monitor and pg_signal_backend.',
  ),
  application: text('an application_name')
    .optional()
    .describe('The `application_name` of the application that owns the pool, when it sets one.'),
  channel: channel().optional().describe('The channel of this pool’s threads. Default: `slack.channel`.'),
  threshold: percent()
    .prefault(DEFAULT_THRESHOLD)
    .describe('Utilisation, in per cent, from which the pool counts as exhausted.'),
  detect: detectSchema
    .optional()
    .describe('Open the incident by the bot’s own samples too, without waiting for an alert.'),
  recycle: duration({ leastMs: MINUTE_MS })
    .prefault('1h')
    .describe('The pool’s recycle time: sessions idle for longer look like a leak.'),
  prometheus: prometheusSchema
    .optional()
    .describe('Where utilisation and traffic are measured. Left out: sampled from pg_stat_activity.'),
  logs: logsSchema.optional().describe('Where the application’s log is read, to look for leaks.'),
  restart: restartSchema.optional().describe('How the application is restarted. Left out: no such button.'),
  pool_size: poolSizeSchema
    .optional()
    .describe('How the pool is made larger for a while. Left out: no such button.'),
  verify: verifySchema.prefault({}).describe('When a fix counts as one.'),
  links: linksSchema
    .prefault({})
    .describe('Links shown in the thread, by name, such as dashboard and alerts.'),
  runbook: text('a path')
    .optional()
    .describe('Path of the runbook, Markdown. Default: the one that comes with Lifeguard.'),
  escalation: escalationSchema
    .optional()
    .describe('The escalation of this pool; it takes the place of the one of all as a whole.'),
};

/** One of `pools`. Its defaults that follow the threshold are filled in here. */
export const poolSchema = section(poolShape, {
  database_url: 'databaseUrl',
  pool_size: 'poolSize',
  recycle: 'recycleMs',
}).transform(({ verify, detect, ...pool }) => ({
  ...pool,
  ...(detect === undefined ? {} : { detect: { ...detect, above: detect.above ?? pool.threshold } }),
  verify: { ...verify, healthyBelow: verify.healthyBelow ?? Math.min(DEFAULT_HEALTHY_BELOW, pool.threshold) },
}));
