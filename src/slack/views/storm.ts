import type { types } from '@slack/bolt';
import { type CommonLabel, memberName, type StormMember, type StormStanding } from '../../incident/storm.ts';
import { ACTION } from './actions.ts';
import { type Block, context, header, LIMITS, section, type View } from './blocks.ts';
import { cut, fallback, link, plain, time } from './mrkdwn.ts';

/** So many incidents are listed by name. */
const MOST_LISTED = 200;

/** The list takes no more than this of a message's 50 blocks. */
const MOST_SECTIONS = 20;

/** Slack's limit of a menu. https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element */
const MOST_OPTIONS = 100;

/**
 * The one message that tells a storm: what, how many, since when, what they have in common, and each
 * by name with the way to its thread, once that is there.
 */
export function stormView(standing: StormStanding): View {
  const { members, open, waiting, since, alerts, common } = standing;
  const total = members.length;
  const headline =
    open === 0
      ? `✅ ${total} incidents at once: all resolved`
      : `🔴 ${total} incidents at once${open === total ? '' : `, ${open} still open`}`;
  const what = alerts
    .slice(0, 3)
    .map(({ name, count }) => `*${plain(name, 100)}* ${count} ×`)
    .join(', ');
  const more = alerts.length > 3 ? ` and ${alerts.length - 3} other alerts` : '';
  const blocks: Block[] = [
    header(headline),
    section([`${what}${more}`, `Since ${time(since)}`, ...commonText(common, total)].join('\n')),
    ...list(members, common),
    ...(waiting.length === 0 ? [] : [menu(waiting, common)]),
    context(small(standing)),
  ];
  return {
    text: fallback(`${headline}${common.map((one) => `, ${one.name} ${one.value}`).join('')}`),
    blocks,
  };
}

function commonText(common: readonly CommonLabel[], total: number): string[] {
  if (common.length === 0) return [];
  const texts = common.map(({ name, value, count }) => {
    const share = count === total ? '' : ` (${count} of ${total})`;
    return `${plain(name, 60)} *${plain(value, 80)}*${share}`;
  });
  return [`In common: ${texts.join(', ')}`];
}

function list(members: readonly StormMember[], common: readonly CommonLabel[]): Block[] {
  const texts: string[] = [''];
  let listed = 0;
  for (const member of members.slice(0, MOST_LISTED)) {
    const entry = entryOf(member, common);
    const last = texts.at(-1) ?? '';
    if (last.length + entry.length + 1 > LIMITS.section) {
      if (texts.length === MOST_SECTIONS) break;
      texts.push(entry);
    } else texts[texts.length - 1] = last === '' ? entry : `${last}\n${entry}`;
    listed += 1;
  }
  const left = members.length - listed;
  return [
    ...texts.filter((text) => text !== '').map((text) => section(text)),
    ...(left === 0 ? [] : [context(`and ${left} more`)]),
  ];
}

function entryOf(member: StormMember, common: readonly CommonLabel[]): string {
  const name = cut(memberName(member, common), 80);
  const mark = member.status === 'resolved' ? '✅' : member.hasThread ? '🔴' : '⏳';
  return `${mark} ${member.permalink === undefined ? plain(name, 80) : link(member.permalink, name)}`;
}

/** Whose thread somebody does not want to wait for. */
function menu(waiting: readonly StormMember[], common: readonly CommonLabel[]): Block {
  const options = waiting.slice(0, MOST_OPTIONS).map((member): types.PlainTextOption => {
    const text = cut(memberName(member, common), LIMITS.buttonText);
    return { text: { type: 'plain_text', text }, value: member.id };
  });
  return {
    type: 'actions',
    block_id: 'storm',
    elements: [
      {
        type: 'static_select',
        action_id: ACTION.bringThread,
        placeholder: { type: 'plain_text', text: 'Open a thread now…' },
        options,
      },
    ],
  };
}

function small({ open, waiting, members }: StormStanding): string {
  if (open === 0) return 'Each of them has its thread, or was over before it needed one.';
  if (waiting.length === 0) return 'Each of them has its thread.';
  const there = members.filter(({ hasThread }) => hasThread).length;
  return `${there} threads are there; ${waiting.length} follow as fast as Slack takes them (⏳), those asked for first.`;
}
