import type { types } from '@slack/bolt';
import type { FollowUpHorizon } from '../../incident/policy.ts';
import type { FollowUp, Incident } from '../../incident/state.ts';
import { ACTION } from './actions.ts';
import { actions, type Block, button, context, section, type View } from './blocks.ts';
import { cut, person, plain } from './mrkdwn.ts';

/** The modal's id, by which its submission is known. */
export const ASSIGN_MODAL = 'assign_follow_up';

/** Where the modal's answers stand: block id and action id are the same. */
export const ASSIGN_INPUT = { item: 'item', person: 'person', day: 'day' } as const;

/** A message holds 50 blocks; headings, the button and the small print need some of them. */
const MOST_ITEMS = 40;

const HORIZONS: readonly (readonly [FollowUpHorizon, string])[] = [
  ['short_term', 'Soon'],
  ['long_term', 'Within the week'],
  ['prevention', 'So that it does not come again'],
];

/** The checklist after an incident: who does what by when, and what is done. */
export function followUpsView({ id, followUps }: Incident): View | undefined {
  if (followUps === undefined) return undefined;
  const shown = followUps.slice(0, MOST_ITEMS);
  const open = followUps.filter(({ closed }) => closed === undefined).length;
  const title =
    open === 0 ? 'Everything after this incident is done' : `${open} of ${followUps.length} left to do`;
  const blocks: Block[] = [section(`*After the incident*: ${title}`)];
  for (const [horizon, name] of HORIZONS) {
    const items = shown.filter((one) => one.horizon === horizon);
    if (items.length === 0) continue;
    blocks.push(context(name));
    for (const item of items) {
      const done = button(
        'Done',
        `${ACTION.closeFollowUp}.${item.id}`,
        { i: id, f: item.id },
        { label: `Done: ${item.title}` },
      );
      blocks.push(section(lineOf(item), item.closed === undefined ? done : undefined));
    }
  }
  if (open > 0)
    blocks.push(
      actions('follow-ups', [
        button('Assign…', ACTION.assignFollowUp, { i: id }, { label: 'Give an item to someone' }),
      ]),
    );
  if (followUps.length > shown.length)
    blocks.push(context(`and ${followUps.length - shown.length} more in the runbook`));
  return { text: `After the incident: ${title}`, blocks };
}

function lineOf({ title, assignee, due, closed }: FollowUp): string {
  const what = plain(title, 200);
  if (closed !== undefined) return `:white_check_mark: ~${what}~ ${person(closed.by)}`;
  const who = assignee === undefined ? '' : `, ${person(assignee)}`;
  return `:white_large_square: ${what}${who}${due === undefined ? '' : `, by ${due}`}`;
}

/** The modal of `Assign…`; `undefined` when nothing is left to do. */
export function assignModal({ id, followUps = [] }: Incident): types.ModalView | undefined {
  const options = followUps
    .slice(0, MOST_ITEMS)
    .filter(({ closed }) => closed === undefined)
    .map((item) => ({ text: { type: 'plain_text' as const, text: cut(item.title, 75) }, value: item.id }));
  if (options.length === 0) return undefined;
  return {
    type: 'modal',
    callback_id: ASSIGN_MODAL,
    private_metadata: JSON.stringify({ i: id }),
    title: { type: 'plain_text', text: 'Who does it?' },
    submit: { type: 'plain_text', text: 'Assign' },
    close: { type: 'plain_text', text: 'Back' },
    blocks: [
      {
        type: 'input',
        block_id: ASSIGN_INPUT.item,
        label: { type: 'plain_text', text: 'What' },
        element: { type: 'static_select', action_id: ASSIGN_INPUT.item, options },
      },
      {
        type: 'input',
        block_id: ASSIGN_INPUT.person,
        label: { type: 'plain_text', text: 'Who' },
        element: { type: 'users_select', action_id: ASSIGN_INPUT.person },
      },
      {
        type: 'input',
        block_id: ASSIGN_INPUT.day,
        optional: true,
        label: { type: 'plain_text', text: 'By when; reminded on the morning of that day (8:00 UTC)' },
        element: { type: 'datepicker', action_id: ASSIGN_INPUT.day },
      },
    ],
  };
}
