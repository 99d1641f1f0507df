import type { types } from '@slack/bolt';
import type { Incident } from '../../incident/state.ts';
import type { CauseId } from '../../incident/verdict.ts';
import { cut, percent } from './mrkdwn.ts';

/** The modal's id, by which its submission is known. */
export const ROOT_CAUSE_MODAL = 'root_cause';

/** Where the modal's answers stand: block id and action id are the same. */
export const ROOT_CAUSE_INPUT = { choice: 'cause', words: 'words' } as const;

/** The choice of a cause that is not in the list. */
export const OTHER_CAUSE = 'other';

/** Slack's limit of an option's text. */
const LONGEST_OPTION = 75;

/**
 * The modal of `Root cause…`: the verdict's causes first, then all others, then words of one's own.
 *
 * @param causes every cause that can be named, by id and title
 */
export function rootCauseModal(
  incident: Incident,
  causes: readonly { readonly id: CauseId; readonly title: string }[],
): types.ModalView {
  const ranked = incident.verdict?.causes ?? [];
  const options = [
    ...ranked.map((one) => option(one.cause, `${one.title} (${percent(one.probability * 100)})`)),
    ...causes
      .filter(({ id }) => !ranked.some((one) => one.cause === id))
      .map(({ id, title }) => option(id, title)),
    option(OTHER_CAUSE, 'Something else: say it below'),
  ];
  const [first] = options;
  return {
    type: 'modal',
    callback_id: ROOT_CAUSE_MODAL,
    private_metadata: JSON.stringify({ i: incident.id }),
    title: { type: 'plain_text', text: 'Root cause' },
    submit: { type: 'plain_text', text: 'Name it' },
    close: { type: 'plain_text', text: 'Back' },
    blocks: [
      {
        type: 'input',
        block_id: ROOT_CAUSE_INPUT.choice,
        label: { type: 'plain_text', text: 'What was it?' },
        element: {
          type: 'static_select',
          action_id: ROOT_CAUSE_INPUT.choice,
          options,
          ...(ranked.length === 0 || first === undefined ? {} : { initial_option: first }),
        },
      },
      {
        type: 'input',
        block_id: ROOT_CAUSE_INPUT.words,
        optional: true,
        label: { type: 'plain_text', text: 'In your own words' },
        element: {
          type: 'plain_text_input',
          action_id: ROOT_CAUSE_INPUT.words,
          max_length: 300,
          placeholder: { type: 'plain_text', text: 'such as: checkout keeps its session after an exception' },
        },
      },
    ],
  };
}

function option(value: string, text: string): types.PlainTextOption {
  return { text: { type: 'plain_text', text: cut(text, LONGEST_OPTION) }, value };
}
