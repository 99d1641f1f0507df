import type { RaiseBy } from '../config/types.ts';
import type { Activity } from '../pool/activity.ts';

/** By how much `from` grows: a share is rounded up, so that it always grows. */
export function raised(from: number, by: RaiseBy): number {
  return from + ('percent' in by ? Math.ceil((from * by.percent) / 100) : by.connections);
}

/** Connections that an ordinary role can still have. */
export function freeOf({ usable, used }: Activity): number {
  return Math.max(0, usable - used);
}

/**
 * Why the server cannot carry a larger pool, with the settings that mend it; `undefined` when it can.
 *
 * @param what a larger pool is called: `a pool size of 30`
 * @param connections that it can open, at most
 * @param each so many connections are opened by each that `raise_by` adds
 */
export function lackOfRoom(
  what: string,
  connections: number,
  each: number,
  activity: Activity,
): string | undefined {
  const free = freeOf(activity);
  if (connections <= free) return undefined;
  const { used, usable, maxConnections } = activity;
  const most = Math.floor(free / each);
  const less = most < 1 ? '' : `, or \`pool_size.raise_by\` to ${most} in lifeguard.yaml`;
  return `${what} can open ${connections} more server connections, and the server has ${free} free (${used} of ${usable} used, its reserved ones left out); mend: set \`max_connections\` of the server to ${maxConnections + connections - free} or more (takes a restart)${less}`;
}
