import type { EventOf } from './events.ts';
import type { Policy, VerifyRules } from './policy.ts';
import { isForNow, type PoolReading } from './remedy.ts';
import type { Incident } from './state.ts';

/**
 * Whether a remedy helped. After one that was carried out the pool is watched: below `healthyBelow` at any
 * look within the time it has helped; not below by the end, or not to be measured then, it has not.
 */

/** Those who waited for what was freed come first: a look at once would see them nowhere. */
const FIRST_LOOK_MS = 1_000;

/** When the pool is looked at first after a remedy that ended at `at`. */
export function firstLook(at: string): string {
  return new Date(Date.parse(at) + FIRST_LOOK_MS).toISOString();
}

/** Whether the end of a remedy is the beginning of a watch: it did something for the pool of now, in an incident that is open. */
export function isWatched(state: Incident, event: EventOf<'RemedyEnded'>, policy: Policy): boolean {
  const request = state.requests[event.request];
  return (
    event.outcome === 'done' &&
    request !== undefined &&
    isForNow(request.target) &&
    state.kind === 'incident' &&
    state.status === 'open' &&
    policy.pool?.verify !== undefined
  );
}

/**
 * How the watch stands, by the newest look.
 *
 * @param endedAt when the remedy ended, ISO 8601
 * @param reading `undefined` when the pool could not be measured
 */
export function standing(
  endedAt: string,
  reading: PoolReading | undefined,
  now: Date,
  rules: VerifyRules,
): 'healthy' | 'watching' | 'failed' {
  if (reading !== undefined && reading.percent < rules.healthyBelow) return 'healthy';
  return now.getTime() - Date.parse(endedAt) >= rules.withinMs ? 'failed' : 'watching';
}
