import { z } from 'zod';
import type { AtOnceCondition, Unless } from '../../incident/policy.ts';
import type { EscalationConfig } from '../types.ts';
import { duration, list, oneOfNames, text, VALUE, wants } from './fields.ts';
import { channel, mention } from './ids.ts';
import { pageSchema } from './page.ts';
import { section, strict } from './strict.ts';

const UNLESS = [
  'acknowledged',
  'root_cause_identified',
  'mitigated',
  'resolved',
] as const satisfies readonly Unless[];

/** The keys of a level. */
export const levelShape = {
  name: text('a name').describe('Whom the level stands for, as the thread names it.'),
  after: duration().describe('When the level falls due, counted from the alert’s `startsAt`.'),
  unless: oneOfNames(UNLESS, 'a state that makes a level unnecessary')
    .optional()
    .describe('What makes the level unnecessary at that moment. A resolved incident always does.'),
  channel: channel()
    .optional()
    .describe('A channel that is told when the level is reached, with a link to the thread.'),
  mention: list(mention())
    .optional()
    .describe(
      'Whom the channel calls when the page has not gone out: `here`, `channel`, ids of Slack users and groups. Default: here.',
    ),
  page: pageSchema
    .optional()
    .describe('How PagerDuty pages the level. Left out: nobody is paged, only the channel is told.'),
};

const levelSchema = section(levelShape, { after: 'afterMs' });

/** A level by its number, or the one above the level in force. */
export const levelReference = z
  .union([z.number(), z.string()], { error: wants('the number of a level, or next') })
  .transform((given, context): number | 'next' => {
    if (given === 'next') return given;
    const level = /^\d{1,3}$/.test(String(given)) ? Number(given) : 0;
    if (level >= 1) return level;
    context.addIssue({
      code: 'custom',
      message: `must be the number of a level, from 1, or \`next\`, not ${VALUE}`,
    });
    return z.NEVER;
  });

const atOnceShape = {
  data_corruption: levelReference
    .optional()
    .describe('Somebody pressed `Data corruption`, or a check met damaged data.'),
  database_unresponsive: levelReference
    .optional()
    .describe('The database does not answer on the connection held for it.'),
  multiple_services: levelReference.optional().describe('The alerts name several services.'),
  fix_failed: levelReference.optional().describe('A remedy was carried out and the pool did not recover.'),
} satisfies Record<AtOnceCondition, z.ZodType>;

const atOnceSchema = strict(atOnceShape).transform((value): EscalationConfig['atOnce'] => {
  return Object.fromEntries(Object.entries(value).filter(([, level]) => level !== undefined));
});

/** `escalation`, of all pools or of one. */
export const escalationSchema = section(
  {
    hotline: text('a telephone number').optional().describe('A number to call, shown from level 3 on.'),
    levels: list(levelSchema)
      .min(1, { error: 'must name at least one level' })
      .describe('The levels in the order in which they are reached; the first is level 1.'),
    at_once: atOnceSchema
      .prefault({})
      .describe('Conditions that skip the wait, and the level each goes to: its number, or `next`.'),
  },
  { at_once: 'atOnce' },
);
