import { SECOND_MS } from '../duration.ts';
import { duration, oneOfNames, text, webUrl } from './fields.ts';
import { REACH_NAMES, reach } from './outward.ts';
import { routedPageSchema } from './page.ts';
import { section } from './strict.ts';

/** Less than this would be measuring the network. */
const LEAST_EVERY_MS = 5 * SECOND_MS;

/** `watchdog`: the alert whose absence means that no alert would arrive. */
export const watchdogSchema = section(
  {
    every: duration({ leastMs: LEAST_EVERY_MS }).describe(
      'How often Alertmanager’s always-firing alert is expected: a little more than its repeat_interval.',
    ),
    grace: duration()
      .prefault('1m')
      .describe('How late it may be, and how long Lifeguard may be away itself without that counting.'),
    alertname: text('the name of an alert').prefault('Watchdog').describe('The name of that alert.'),
    page: routedPageSchema.optional().describe('Who is paged when it stays away. Default: level 1.'),
  },
  { every: 'everyMs', grace: 'graceMs' },
);

/** `heartbeat`: the sign of life for someone else's monitor. */
export const heartbeatSchema = section(
  {
    url: webUrl().describe('Address that a monitor of someone else’s gives out; best as ${NAME}.'),
    ...reach,
    every: duration({ leastMs: LEAST_EVERY_MS }).prefault('1m').describe('How often.'),
    method: oneOfNames(['get', 'post'] as const, 'a way to ask')
      .prefault('get')
      .describe('By GET or by POST.'),
  },
  { ...REACH_NAMES, every: 'everyMs' },
);
