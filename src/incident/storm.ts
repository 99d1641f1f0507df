import type { Incident } from './state.ts';

/** So many incidents in one channel are still told one by one. */
export const HANDFUL = 5;

/** Incidents that open within this time of now belong together, in milliseconds. */
export const GATHER_MS = 60_000;

/** A storm in which nothing new has come for so long is over; what comes later is another one. */
export const CALM_AFTER_MS = 5 * 60_000;

/** A summary follows its incidents no longer than this: their threads tell the rest. */
const FOLLOWED_FOR_MS = 24 * 60 * 60_000;

/** A label that this share of the incidents has in common may be the cause. */
const COMMON_SHARE = 0.9;

/** So many labels are named: more would hide the one that matters. */
const MOST_COMMON = 4;

/** What says where something is comes first; the rest by the alphabet. */
const TELLING: readonly string[] = ['cluster', 'region', 'zone', 'datacenter', 'service', 'env', 'job'];

/** Labels that all alerts of this kind share, whatever the cause. */
const TELL_NOTHING: ReadonlySet<string> = new Set([
  'alertname',
  'severity',
  'priority',
  'prometheus',
  'monitor',
]);

/** One incident of a storm, as far as its summary needs it. */
export interface StormMember {
  readonly id: string;
  readonly pool?: string;
  /** The name of its alert. */
  readonly title: string;
  /** ISO 8601. */
  readonly startsAt: string;
  readonly openedAt: string;
  readonly status: Incident['status'];
  readonly labels: Readonly<Record<string, string>>;
  /** Whether its thread is there. */
  readonly hasThread: boolean;
  readonly permalink?: string;
  /** Somebody has asked for its thread. */
  readonly isWanted: boolean;
}

/** A label's value that all, or nearly all, have in common. */
export interface CommonLabel {
  readonly name: string;
  readonly value: string;
  readonly count: number;
}

/** How a storm stands. */
export interface StormStanding {
  readonly members: readonly StormMember[];
  readonly open: number;
  /** Open ones whose thread is not there yet, the first to come first. */
  readonly waiting: readonly StormMember[];
  /** ISO 8601: when the first alert fired. */
  readonly since: string;
  /** The alerts, the most frequent first. */
  readonly alerts: readonly { readonly name: string; readonly count: number }[];
  readonly common: readonly CommonLabel[];
  /** Nothing new has come for a while, and no thread is waited for. */
  readonly isCalm: boolean;
  /** The summary changes no more. */
  readonly isOver: boolean;
}

/**
 * How a storm stands, by its incidents. Pure: the summary is drawn from it.
 *
 * @param members in the order in which they opened
 */
export function standingOf(storm: Incident, members: readonly StormMember[], now: Date): StormStanding {
  const open = members.filter(({ status }) => status === 'open');
  const waiting = open.filter(({ hasThread }) => !hasThread);
  const last = Math.max(Date.parse(storm.openedAt), ...members.map(({ openedAt }) => Date.parse(openedAt)));
  const isCalm = waiting.length === 0 && now.getTime() - last >= CALM_AFTER_MS;
  const isOld = now.getTime() - Date.parse(storm.openedAt) >= FOLLOWED_FOR_MS;
  return {
    members,
    open: open.length,
    waiting,
    since: members.reduce((low, { startsAt }) => earlier(low, startsAt), storm.startsAt),
    alerts: counted(members.map(({ title }) => title)).map(([name, count]) => ({ name, count })),
    common: commonLabels(members.map(({ labels }) => labels)),
    isCalm,
    isOver: (isCalm || storm.status === 'resolved') && (open.length === 0 || isOld),
  };
}

/** The summary is looked at again after so many milliseconds: often while it grows, seldom when it only waits. */
const FOLLOW = { beginningMs: 700, growingMs: 2_000, waitingMs: 5_000, restingMs: 30_000 };

/** For so long after its beginning a storm is taken to be beginning, and then to be growing, in milliseconds. */
const BEGINS_MS = 5_000;
const GROWS_MS = 20_000;

/** When the summary is to be looked at again, in milliseconds from `now`. */
export function followAfterMs(storm: Incident, { waiting }: StormStanding, now: Date): number {
  const ageMs = now.getTime() - Date.parse(storm.openedAt);
  if (ageMs < BEGINS_MS) return FOLLOW.beginningMs;
  if (ageMs < GROWS_MS) return FOLLOW.growingMs;
  return waiting.length > 0 ? FOLLOW.waitingMs : FOLLOW.restingMs;
}

/**
 * The labels that tell what the incidents have in common: nearly all of them carry the same value.
 *
 * @param all the labels of each incident
 */
export function commonLabels(all: readonly Readonly<Record<string, string>>[]): CommonLabel[] {
  const names = new Set(all.flatMap((labels) => Object.keys(labels)));
  const common = [...names].flatMap((name): CommonLabel[] => {
    if (TELL_NOTHING.has(name)) return [];
    const values = all.flatMap((labels) => (Object.hasOwn(labels, name) ? [labels[name] ?? ''] : []));
    const [most] = counted(values.filter((value) => value !== ''));
    if (most === undefined || most[1] < 2 || most[1] < all.length * COMMON_SHARE) return [];
    return [{ name, value: most[0], count: most[1] }];
  });
  const rank = (name: string): number => (TELLING.includes(name) ? TELLING.indexOf(name) : TELLING.length);
  return common
    .sort((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_COMMON);
}

/** What tells one incident from the others: its pool, or else the labels that are its own. */
export function memberName(member: StormMember, common: readonly CommonLabel[]): string {
  if (member.pool !== undefined) return member.pool;
  const shared = new Set(common.map(({ name }) => name));
  const own = Object.entries(member.labels)
    .filter(([name, value]) => !TELL_NOTHING.has(name) && !shared.has(name) && value !== '')
    .map(([name, value]) => `${name}=${value}`);
  return own.length === 0 ? `${member.title} (${member.id})` : own.slice(0, 2).join(', ');
}

function counted(texts: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function earlier(one: string, other: string): string {
  return Date.parse(other) < Date.parse(one) ? other : one;
}
