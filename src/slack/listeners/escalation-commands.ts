import type { Incident } from '../../incident/state.ts';
import type { Desk } from '../desk.ts';
import { code } from '../views/mrkdwn.ts';
import { onCallView } from '../views/oncall.ts';
import { LONGEST_REASON } from '../views/reason.ts';
import { poolFor, type Reply, type Typed, unknownPool } from './typed.ts';

/** So many open incidents are named when it is not clear which one is meant. */
const MOST_NAMED = 10;

/** What `/pool escalate` was told. */
interface Wanted {
  readonly level?: number;
  /** A pool's name, or an incident's id. */
  readonly of?: string;
  readonly reason?: string;
}

/** `/pool escalate [level] [pool] [reason]`: calls the next level, or the one named, of the incident that is meant. */
export async function escalate({ desk, actor, words, channel }: Typed): Promise<Reply> {
  const { level, of, reason } = wantedIn(words, desk);
  const open = await meant(desk, of, channel);
  if ('text' in open) return open;
  const { told } = await desk.loop.submit({
    to: { incident: open.id },
    command: {
      type: 'Escalate',
      by: actor,
      ...(level === undefined ? {} : { level }),
      ...(reason === undefined ? {} : { reason }),
    },
  });
  return told;
}

/** Level and pool come first, in either order; all after them is the reason. */
function wantedIn(words: readonly string[], desk: Desk): Wanted {
  let level: number | undefined;
  let of: string | undefined;
  let at = 0;
  for (; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (level === undefined && /^\d{1,9}$/.test(word)) level = Number(word);
    else if (of === undefined && (desk.pools.has(word) || /^inc-\d{1,9}$/.test(word))) of = word;
    else break;
  }
  const reason = words.slice(at).join(' ').slice(0, LONGEST_REASON);
  return {
    ...(level === undefined ? {} : { level }),
    ...(of === undefined ? {} : { of }),
    ...(reason === '' ? {} : { reason }),
  };
}

/** The open incident that is meant: the one named, the one of this channel's pool, or the only one there is. */
async function meant(
  desk: Desk,
  of: string | undefined,
  channel: Typed['channel'],
): Promise<Incident | { readonly text: string }> {
  if (of !== undefined && !desk.pools.has(of)) {
    return (await desk.store.incident(of)) ?? { text: `There is no incident ${code(of)}.` };
  }
  const pool = poolFor(desk, of, channel);
  const found = pool === undefined ? undefined : await desk.store.openIncidentOf(pool.name);
  if (found !== undefined) return found;
  const open = (await desk.store.incidents({ limit: MOST_NAMED })).filter(({ kind }) => kind === 'incident');
  const [only] = open;
  if (only === undefined) return { text: 'No incident is open, so there is nothing to escalate.' };
  // Meant was the pool that is named or whose channel this is: another one's incident is not escalated for it.
  if (pool === undefined && open.length === 1) return only;
  const names = open.map((one) => code(one.pool ?? one.id)).join(', ');
  const first =
    pool === undefined ? 'Several incidents are open.' : `No incident of ${code(pool.name)} is open.`;
  const example = code(`/pool escalate ${only.pool ?? only.id}`);
  return { text: `${first} Open: ${names}. Name the one that is meant, such as ${example}.` };
}

/** `/pool oncall [pool]`: the levels, who has been called for an open incident, and who is on call at PagerDuty. */
export async function oncall({ desk, words, channel }: Typed): Promise<Reply> {
  const [wanted] = words;
  if (wanted !== undefined && !desk.pools.has(wanted)) return unknownPool(desk, wanted);
  const pool = poolFor(desk, wanted, channel)?.name;
  const [incident, onCall] = await Promise.all([
    pool === undefined ? undefined : desk.store.openIncidentOf(pool),
    desk.onCall(),
  ]);
  const policy = desk.policy(pool);
  return onCallView({
    policy,
    names: policy.escalation.levels.map((_level, index) => desk.onCallFor(pool, index + 1)),
    ...(pool === undefined ? {} : { pool }),
    ...(incident === undefined ? {} : { incident }),
    ...(onCall === undefined ? {} : { onCall }),
  });
}
