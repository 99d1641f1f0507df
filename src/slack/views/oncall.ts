import { nextDue } from '../../incident/escalation.ts';
import type { Level, Policy, Unless } from '../../incident/policy.ts';
import type { Incident } from '../../incident/state.ts';
import type { OnCallNow, OnCallPerson } from '../desk.ts';
import { type Block, context, header, section, type View } from './blocks.ts';
import { duration, fallback, plain, time } from './mrkdwn.ts';

/** What spares a level, as people say it. */
const SPARED: Readonly<Record<Unless, string>> = {
  acknowledged: 'unless acknowledged',
  root_cause_identified: 'unless a root cause is named',
  mitigated: 'unless mitigated',
  resolved: 'unless resolved',
};

/** So many people of PagerDuty are named. */
const MOST_PEOPLE = 40;

/** What `/pool oncall` shows. */
export interface OnCallBoard {
  /** The pool that it is about; absent: all that have no escalation of their own. */
  readonly pool?: string;
  readonly policy: Policy;
  /** By level, from 1: who is on call there, where that is known. */
  readonly names: readonly (readonly string[] | undefined)[];
  readonly incident?: Incident;
  /** Absent where PagerDuty's REST API is not configured. */
  readonly onCall?: OnCallNow;
}

/** `/pool oncall`: the levels with their times and channels, who has been called, and who is on call now. */
export function onCallView(board: OnCallBoard): View {
  const { policy } = board;
  const title = board.pool === undefined ? 'Who is called' : `${board.pool}: who is called`;
  const { levels, hotline } = policy.escalation;
  const blocks: Block[] = [header(title)];
  const lines = levels.map((level, index) => levelLine(level, index + 1, board));
  blocks.push(
    section(
      lines.length === 0 ? 'Nobody: no level stands under `escalation` in lifeguard.yaml.' : lines.join('\n'),
    ),
  );
  blocks.push(...peopleBlocks(board.onCall));
  if (hotline !== undefined) blocks.push(context(`hotline: ${plain(hotline, 100)}`));
  return { text: fallback(title), blocks };
}

function levelLine(level: Level, number: number, { policy, incident, names }: OnCallBoard): string {
  const when = level.afterMs === 0 ? 'at once' : `after ${duration(level.afterMs)}`;
  const spared = level.unless === undefined ? '' : ` ${SPARED[level.unless]}`;
  const where = [
    ...(level.channel === undefined ? [] : [channelText(level.channel)]),
    ...(level.pages ? ['PagerDuty'] : []),
  ];
  const how = where.length === 0 ? '' : `  ·  ${where.join(', ')}`;
  const who = names[number - 1]?.map((name) => plain(name, 60)).join(', ') ?? '';
  const duty = who === '' ? '' : `  ·  ${who}`;
  return `*${number} ${plain(level.name, 80)}*  ${when}${spared}${how}${duty}${standing(number, policy, incident)}`;
}

function standing(number: number, policy: Policy, incident: Incident | undefined): string {
  if (incident === undefined) return '';
  const reached = incident.levels.find(({ level }) => level === number);
  if (reached !== undefined) return `\n:pager: called ${time(reached.at)} for ${incident.id}`;
  const next = nextDue(incident, policy);
  return next?.level === number ? `\n:hourglass_flowing_sand: next, at ${time(next.at)}` : '';
}

function channelText(channel: string): string {
  return channel.startsWith('#') ? plain(channel, 80) : `<#${plain(channel, 80)}>`;
}

function peopleBlocks(onCall: OnCallNow | undefined): Block[] {
  if (onCall === undefined) {
    return [context('Names come from PagerDuty, once PAGERDUTY_API_TOKEN and PAGERDUTY_FROM_EMAIL are set.')];
  }
  if ('trouble' in onCall) {
    return [section(`:warning: Who is on call cannot be read from PagerDuty: ${plain(onCall.trouble, 300)}`)];
  }
  if (onCall.people.length === 0) return [section(':warning: At PagerDuty nobody is on call now.')];
  const shown = onCall.people.slice(0, MOST_PEOPLE);
  const left = onCall.people.length - shown.length;
  const policies = [...new Set(shown.map(({ policy }) => policy.name))];
  const lines = policies.map((name) => {
    const people = shown.filter(({ policy }) => policy.name === name).map(personText);
    return `*${plain(name, 80)}*  ${people.join(', ')}`;
  });
  const more = left === 0 ? [] : [`and ${left} more`];
  return [section(['On call at PagerDuty now:', ...lines, ...more].join('\n'))];
}

function personText({ name, level, until }: OnCallPerson): string {
  const end = until === undefined ? '' : ` until ${time(until)}`;
  return `${plain(name, 80)} (level ${level}${end})`;
}
