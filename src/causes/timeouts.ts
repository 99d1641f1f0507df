import type { Cause } from './cause.ts';
import { count, percent } from './figures.ts';
import { fullness, largest, usable } from './signs.ts';
import { ramp, share } from './weight.ts';

/** Idle connections pile up in several applications, and neither server nor pool ever closes them. */
export const timeouts: Cause = {
  id: 'missing_timeouts',
  title: 'Idle connections are never closed',
  weigh(facts) {
    const idle = facts.leaks?.idle ?? [];
    const sessions = idle.reduce((sum, group) => sum + group.sessions, 0);
    const crowd = share(sessions, usable(facts));
    const spread = share(largest(idle)?.sessions ?? 0, sessions) < 0.5;
    if ((facts.settings?.idleSessionTimeoutMs ?? 0) > 0 || !spread || sessions < 3) return undefined;
    const sign = ramp(fullness(facts), 0.6, 0.8) * ramp(crowd, 0.2, 0.5);
    if (sign === 0) return undefined;
    const applications = new Set(idle.map((group) => group.application)).size;
    return {
      weight: 0.35 + 0.55 * sign,
      evidence: [
        `${count(sessions, 'session')} idle beyond the recycle time, ${percent(crowd)} of the pool, in ${count(applications, 'application')}`,
        'idle_session_timeout is 0 (never)',
      ],
      remedy: { action: 'timeout', target: { kind: 'timeout', setting: 'idle_session_timeout' } },
      advice: 'Set idle_session_timeout, and a recycle time and smaller minimum in each pool.',
    };
  },
};
