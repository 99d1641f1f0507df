import { SECOND_MS } from '../duration.ts';
import { TWO_PERSON_ACTIONS } from '../types.ts';
import { duration, list, oneOfNames } from './fields.ts';
import { slackId } from './ids.ts';
import { section } from './strict.ts';

/** `access`: who may do what. */
export const accessSchema = section(
  {
    responders: list(slackId())
      .optional()
      .describe(
        'Who may run checks, acknowledge, ask for a remedy and escalate: Slack users (U…, W…) and user groups (S…). Left out: every member. An empty list: nobody.',
      ),
    approvers: list(slackId())
      .prefault([])
      .describe('Who may approve a remedy: Slack users (U…, W…) and user groups (S…). Left out: nobody.'),
    two_person: list(oneOfNames(TWO_PERSON_ACTIONS, 'an action'))
      .prefault([])
      .describe('Actions that need two approvers, neither of them the one who asked.'),
    approval_ttl: duration({ leastMs: SECOND_MS })
      .prefault('10m')
      .describe('How long a request for a remedy can be approved; after that it has to be asked for again.'),
  },
  { two_person: 'twoPerson', approval_ttl: 'approvalTtlMs' },
);
