import type { types } from '@slack/bolt';
import { cut, plain } from './mrkdwn.ts';

/** The modal's id, by which its submission is known. */
export const REASON_MODAL = 'reason';

/** Where the reason stands: block id and action id are the same. */
export const REASON_INPUT = 'reason';

/** A longer reason is a report; that one comes afterwards. */
export const LONGEST_REASON = 300;

/** What the modal carries back: the press that opened it, and where an answer goes. */
export interface ReasonMetadata {
  /** The button's action id, without what follows a dot. */
  readonly a: string;
  /** The button's value. */
  readonly v: Readonly<Record<string, unknown>>;
  /** The channel of the press, and the thread in it. */
  readonly c?: string;
  readonly t?: string;
}

/**
 * The modal that asks why a risky remedy is needed, before anything is asked for.
 *
 * @param act what would be done: `Restart the application`
 */
export function reasonModal(act: string, pool: string, metadata: ReasonMetadata): types.ModalView {
  return {
    type: 'modal',
    callback_id: REASON_MODAL,
    private_metadata: JSON.stringify(metadata),
    title: { type: 'plain_text', text: 'Why is it needed?' },
    submit: { type: 'plain_text', text: 'Ask for it' },
    close: { type: 'plain_text', text: 'Back' },
    blocks: [
      {
        type: 'section',
        text: {
          type: 'mrkdwn',
          text: `*${plain(act, 200)}* (pool ${plain(pool, 100)})\nNothing happens yet: it is shown in the thread first and waits for an approval.`,
          verbatim: true,
        },
      },
      {
        type: 'input',
        block_id: REASON_INPUT,
        label: {
          type: 'plain_text',
          text: cut('The reason, for those who approve and for the timeline', 75),
        },
        element: {
          type: 'plain_text_input',
          action_id: REASON_INPUT,
          max_length: LONGEST_REASON,
          placeholder: { type: 'plain_text', text: 'such as: the leak comes back as soon as we end it' },
        },
      },
    ],
  };
}
