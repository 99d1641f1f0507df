import type { types } from '@slack/bolt';
import { nextDue } from '../../incident/escalation.ts';
import type { Policy } from '../../incident/policy.ts';
import type { Incident } from '../../incident/state.ts';
import { plain } from './mrkdwn.ts';
import { LONGEST_REASON } from './reason.ts';

/** The modals' ids, by which their submissions are known. */
export const SNOOZE_MODAL = 'snooze';
export const HAND_OVER_MODAL = 'hand_over';

/** Where the answers stand: block id and action id are the same. */
export const SNOOZE_INPUT = 'reason';
export const HAND_OVER_INPUT = 'person';

/** The modal of `Snooze 10 min`: which level is put off, and why. */
export function snoozeModal(incident: Incident, policy: Policy): types.ModalView {
  const next = nextDue(incident, policy);
  const what =
    next === undefined
      ? 'There is no further level.'
      : `Level ${next.level}, *${plain(next.name, 80)}*, is called ten minutes later. Once a level: it cannot be put off again.`;
  return {
    ...modal(SNOOZE_MODAL, incident, { title: 'Snooze 10 min', submit: 'Snooze' }),
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: what, verbatim: true } },
      {
        type: 'input',
        block_id: SNOOZE_INPUT,
        label: { type: 'plain_text', text: 'Why, for the thread and the timeline' },
        element: {
          type: 'plain_text_input',
          action_id: SNOOZE_INPUT,
          max_length: LONGEST_REASON,
          placeholder: { type: 'plain_text', text: 'such as: the restart is under way' },
        },
      },
    ],
  };
}

/** The modal of `Hand over`: to whom. */
export function handOverModal(incident: Incident): types.ModalView {
  return {
    ...modal(HAND_OVER_MODAL, incident, { title: 'Hand over', submit: 'Hand over' }),
    blocks: [
      {
        type: 'input',
        block_id: HAND_OVER_INPUT,
        label: { type: 'plain_text', text: 'Who takes it?' },
        hint: { type: 'plain_text', text: 'They are mentioned in the thread.' },
        element: { type: 'users_select', action_id: HAND_OVER_INPUT },
      },
    ],
  };
}

function modal(id: string, incident: Incident, words: { title: string; submit: string }) {
  return {
    type: 'modal' as const,
    callback_id: id,
    private_metadata: JSON.stringify({ i: incident.id }),
    title: { type: 'plain_text' as const, text: words.title },
    submit: { type: 'plain_text' as const, text: words.submit },
    close: { type: 'plain_text' as const, text: 'Back' },
  };
}
