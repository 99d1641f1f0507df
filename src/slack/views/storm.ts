import type { types } from '@slack/bolt';
import { type CommonLabel, memberName, type StormMember, type StormStanding } from '../../incident/storm.ts';
import { ACTION } from './actions.ts';
import { type Block, context, header, LIMITS, section, type View } from './blocks.ts';
import { cut, fallback, link, plain, time } from './mrkdwn.ts';

/** So many incidents are listed by name. */
const MOST_LISTED = 200;

/** More characters of a name help nobody to tell it from the others. */
const NAME_CHARS = 60;

/**
 * The list takes no more characters than this. Slack refuses a message whose blocks have some 13,200 in all
 * (`msg_blocks_too_long`, https://github.com/slackapi/bolt-js/issues/2509); the menu needs its share.
 */
const LIST_CHARS = 7_000;

/** So many threads can be chosen from: Slack takes a hundred, and the message not so many. */
const MOST_OPTIONS = 50;
const OPTION_CHARS = 40;

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

/** Each by name; those that are open lead to their threads, as far as the message holds it. */
function list(members: readonly StormMember[], common: readonly CommonLabel[]): Block[] {
  const entries: string[] = [];
  let chars = 0;
  for (const member of members.slice(0, MOST_LISTED)) {
    const entry = `${markOf(member)} ${plain(memberName(member, common), NAME_CHARS)}`;
    chars += entry.length + 1;
    if (chars > LIST_CHARS) break;
    entries.push(entry);
  }
  for (const [index, { permalink, status }] of members.slice(0, entries.length).entries()) {
    const member = members[index];
    if (member === undefined || permalink === undefined || status === 'resolved') continue;
    const linked = `${markOf(member)} ${link(permalink, cut(memberName(member, common), NAME_CHARS))}`;
    chars += linked.length - (entries[index]?.length ?? 0);
    if (chars > LIST_CHARS) break;
    entries[index] = linked;
  }
  const left = members.length - entries.length;
  return [
    ...sections(entries).map((text) => section(text)),
    ...(left === 0 ? [] : [context(`and ${left} more`)]),
  ];
}

function sections(lines: readonly string[]): string[] {
  const texts: string[] = [];
  for (const line of lines) {
    const last = texts.at(-1);
    if (last === undefined || last.length + line.length + 1 > LIMITS.section) texts.push(line);
    else texts[texts.length - 1] = `${last}\n${line}`;
  }
  return texts;
}

function markOf({ status, hasThread }: StormMember): string {
  if (status === 'resolved') return '✅';
  return hasThread ? '🔴' : '⏳';
}

/** Whose thread somebody does not want to wait for. */
function menu(waiting: readonly StormMember[], common: readonly CommonLabel[]): Block {
  const options = waiting.slice(0, MOST_OPTIONS).map((member): types.PlainTextOption => {
    const text = cut(memberName(member, common), OPTION_CHARS);
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

function small({ waiting, members }: StormStanding): string {
  const there = members.filter(({ hasThread }) => hasThread).length;
  if (there === members.length) return 'Each of them has its thread.';
  if (waiting.length === 0) return `${there} threads are there; those of what is resolved already follow.`;
  return `${there} threads are there; ${waiting.length} follow as fast as Slack takes them (⏳), those asked for first.`;
}
