import type { Cause, Weighed } from './cause.ts';
import type { LeakGroup } from './facts.ts';
import { count, percent, time } from './figures.ts';
import { fullness, largest, leakInTransaction, usable } from './signs.ts';
import { ramp, share } from './weight.ts';

/** An idle pool is none's fault until the room runs out. */
const CROWDED = 0.6;

/** Connections taken and not given back: many sessions stand still after the same statement. */
export const leak: Cause = {
  id: 'leak_missing_return',
  title: 'The application leaks connections',
  weigh(facts, scale) {
    const open = leakInTransaction(facts, scale);
    const room = usable(facts);
    const idle = facts.leaks?.idle ?? [];
    const group = largest(idle);
    const concentrated =
      group !== undefined &&
      share(
        group.sessions,
        idle.reduce((sum, one) => sum + one.sessions, 0),
      ) >= 0.5 &&
      share(group.sessions, room) >= 0.25 &&
      fullness(facts) >= CROWDED;
    const inTransaction = open === undefined ? 0 : 0.6 + 0.35 * ramp(share(open.sessions, room), 0.05, 0.4);
    const beyondRecycle = concentrated ? 0.6 + 0.3 * ramp(share(group.sessions, room), 0.25, 0.6) : 0;
    const found = inTransaction >= beyondRecycle ? open : group;
    if (found === undefined || Math.max(inTransaction, beyondRecycle) === 0) return undefined;
    const state = found === open ? 'idle in transaction' : 'idle beyond the recycle time';
    const logged = Object.values(facts.logs?.matches ?? {}).reduce((sum, n) => sum + n, 0);
    return {
      weight: Math.min(1, Math.max(inTransaction, beyondRecycle) + 0.04 * ramp(logged, 0, 10)),
      evidence: [
        `${count(found.sessions, 'session')} of ${found.application || 'an unnamed application'} ${state}, ${percent(share(found.sessions, room))} of the pool, the oldest for ${time(found.oldestMs)}`,
        `last statement: ${found.lastStatement}`,
        ...(logged > 0 ? [`${count(logged, 'matching line')} in the application log`] : []),
      ],
      ...(found === open ? openRemedy(found) : restartOf(found)),
    };
  },
};

/** What is left open is ended, unless all of it is a superuser's: that is refused when it is asked for. */
function openRemedy({
  application,
  lastStatement,
  isProtected,
}: LeakGroup): Pick<Weighed, 'remedy' | 'advice'> {
  if (isProtected === true) {
    return {
      advice:
        'They are a superuser’s and not ended from here: ask whoever runs them to close them, then mend what left them open.',
    };
  }
  return {
    remedy: { action: 'terminate_leak', target: { kind: 'leak', application, lastStatement } },
    advice: 'End the leaked sessions, then return the connection on every path after that statement.',
  };
}

/**
 * Idle sessions cannot be told from a pool at rest, so they are not ended one by one: a restart makes the
 * application open only what it needs.
 */
function restartOf({ application }: LeakGroup): Pick<Weighed, 'remedy' | 'advice'> {
  return {
    remedy: { action: 'restart', target: { kind: 'application', application } },
    advice:
      'Restart the application to get the connections back, then return them on every path after that statement.',
  };
}
