import type { types } from '@slack/bolt';
import { cut, cutMarked } from './mrkdwn.ts';

/** A block of a message. */
export type Block = types.KnownBlock;

/** A message as it is posted: fallback text for notifications and screen readers, and blocks. */
export interface View {
  readonly text: string;
  readonly blocks: Block[];
}

/** Slack's limits that the views keep to. https://docs.slack.dev/reference/block-kit/blocks */
export const LIMITS = {
  blocks: 50,
  section: 3_000,
  field: 2_000,
  header: 150,
  buttonText: 75,
  value: 2_000,
} as const;

/** A headline; plain text, so nothing in it is read as formatting. */
export function header(text: string): Block {
  return { type: 'header', text: { type: 'plain_text', text: cut(text, LIMITS.header), emoji: true } };
}

/** A paragraph. `verbatim` keeps Slack from making links of addresses that stand in outside text. */
export function section(text: string, accessory?: types.Button): Block {
  return {
    type: 'section',
    text: { type: 'mrkdwn', text: cutMarked(text, LIMITS.section), verbatim: true },
    ...(accessory === undefined ? {} : { accessory }),
  };
}

/** Short facts in two columns, at most ten. */
export function fields(texts: readonly string[]): Block {
  return {
    type: 'section',
    fields: texts
      .slice(0, 10)
      .map((text) => ({ type: 'mrkdwn', text: cutMarked(text, LIMITS.field), verbatim: true })),
  };
}

/** Small print. */
export function context(text: string): Block {
  return {
    type: 'context',
    elements: [{ type: 'mrkdwn', text: cutMarked(text, LIMITS.section), verbatim: true }],
  };
}

/** A row of buttons. */
export function actions(id: string, elements: types.Button[]): Block {
  return { type: 'actions', block_id: id, elements };
}

/** What a person is asked before a button takes effect. */
export interface Confirmation {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly danger?: boolean;
}

/** A button. `value` is what comes back with the press, as JSON. */
export function button(
  text: string,
  actionId: string,
  value: object,
  options: { style?: 'primary' | 'danger'; confirm?: Confirmation; label?: string } = {},
): types.Button {
  const { style, confirm, label } = options;
  return {
    type: 'button',
    text: { type: 'plain_text', text: cut(text, LIMITS.buttonText), emoji: true },
    action_id: actionId,
    value: JSON.stringify(value),
    ...(style === undefined ? {} : { style }),
    ...(label === undefined ? {} : { accessibility_label: cut(label, LIMITS.buttonText) }),
    ...(confirm === undefined
      ? {}
      : {
          confirm: {
            title: { type: 'plain_text', text: cut(confirm.title, 100) },
            text: { type: 'plain_text', text: cut(confirm.text, 300) },
            confirm: { type: 'plain_text', text: cut(confirm.yes, 30) },
            deny: { type: 'plain_text', text: 'Back' },
            ...(confirm.danger === true ? { style: 'danger' as const } : {}),
          },
        }),
  };
}
