import type { EventOf } from '../../incident/events.ts';
import type { Policy } from '../../incident/policy.ts';
import { announces } from '../../incident/react.ts';
import { type Incident, ownerOf, type ReachedLevel } from '../../incident/state.ts';
import { context, section, type View } from './blocks.ts';
import { calls, fallback, link, person, plain, time } from './mrkdwn.ts';

/** Who is called where the configuration names nobody. */
const EVERYONE_HERE = ['here'];

/** The call in the channel of a level whose page has not gone out; drawn anew when it has, or is not needed. */
export function alarmView(incident: Incident, reached: ReachedLevel, policy: Policy): View {
  const what =
    incident.pool === undefined ? plain(incident.title, 150) : `${plain(incident.pool, 80)} connection pool`;
  const who = `level ${reached.level}, *${plain(reached.name, 80)}*`;
  const thread = incident.thread?.permalink;
  const way = thread === undefined ? '' : `  ${link(thread, 'Open the thread')}`;
  const small = context(`level ${reached.level}, ${plain(reached.name, 80)}  ·  ${incident.id}`);
  const over = overText(incident, reached);
  const text =
    over === undefined
      ? `:rotating_light: ${calls(whomToCall(policy, reached.level))} PagerDuty has not taken the page of ${who}: *${what}* is in trouble since ${time(incident.startsAt)}, and they may not know.${way}`
      : `:white_check_mark: *${what}*: ${over}.${way}`;
  const plainText = `${incident.pool ?? incident.title}: the page of level ${reached.level}, ${reached.name},`;
  return {
    text: fallback(`${plainText} ${over === undefined ? 'has not gone out' : 'had not gone out in time'}`),
    blocks: [section(text), small],
  };
}

function overText(incident: Incident, reached: ReachedLevel): string | undefined {
  if (incident.status === 'resolved') return 'resolved';
  if (reached.page === 'sent') return `the page of level ${reached.level} has gone out after all`;
  const owner = incident.acknowledged === undefined ? undefined : ownerOf(incident);
  return owner === undefined ? undefined : `${person(owner.person)} has it`;
}

/** What the thread says of a page that was refused or has not gone out in time, and what is done instead. */
export function pageFailedText(incident: Incident, event: EventOf<'PageFailed'>, policy: Policy): string {
  const { level, detail, final } = event;
  const rule = policy.escalation.levels[level - 1];
  const name = incident.levels.find((one) => one.level === level)?.name ?? rule?.name ?? '';
  const who = `level ${level}${name === '' ? '' : `, ${plain(name, 80)}`}`;
  const said = plain(detail, 300).replace(/\.$/, '');
  const wrong = final
    ? `:rotating_light: *The page of ${who}, was refused by PagerDuty:* ${said}. Nobody was paged by it.`
    : `:rotating_light: *The page of ${who}, has not gone out:* ${said}. It is tried again until it has.`;
  return `${wrong}\n${insteadText(incident, level, policy, final)}`;
}

function insteadText(incident: Incident, level: number, policy: Policy, final: boolean): string {
  const rule = policy.escalation.levels[level - 1];
  const second =
    rule?.hasFallback === true && !final ? ' The level’s second routing key is tried as well.' : '';
  const mentions = calls(whomToCall(policy, level));
  const channel = rule?.channel;
  return channel !== undefined && announces(incident, { channel })
    ? `Instead they are called in ${/^[CG][A-Z0-9]+$/.test(channel) ? `<#${channel}>` : plain(channel, 80)} (${plain(namesOf(policy, level), 200)}).${second}`
    : `${mentions} Call them another way.${second}`;
}

/** The same mention in the thread would call another channel's people, so it is only named there. */
function namesOf(policy: Policy, level: number): string {
  return whomToCall(policy, level)
    .map((one) => `@${one}`)
    .join(' ');
}

function whomToCall(policy: Policy, level: number): readonly string[] {
  const named = policy.escalation.levels[level - 1]?.mention ?? [];
  return named.length === 0 ? EVERYONE_HERE : named;
}

/** What the thread says of a page that went out after it had said that it had not, or by another way. */
export function pagedText(incident: Incident, event: EventOf<'Paged'>): string {
  const reached = incident.levels.find((one) => one.level === event.level);
  const who = `level ${event.level}${reached === undefined ? '' : `, *${plain(reached.name, 80)}*`}`;
  return event.way === 'fallback'
    ? `:pager: The page of ${who}, has gone out by the second routing key.`
    : `:pager: The page of ${who}, has gone out now.`;
}
