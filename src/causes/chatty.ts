import type { Cause } from './cause.ts';
import { time } from './figures.ts';
import { fullness } from './signs.ts';
import { ramp } from './weight.ts';

/** Statements longer than this are no chatter, whatever the machine. Milliseconds. */
const TINY_MS = 5;
/** A page that asks the database more often than this asks in a loop. */
const MANY_CALLS = 15;
const SECONDS_A_MINUTE = 60;

/** Many tiny statements a request: the N+1 problem. */
export const chatty: Cause = {
  id: 'chatty_client',
  title: 'Too many small queries a request (N+1)',
  weigh(facts) {
    const { statements, traffic } = facts;
    const calls = statements?.callsPerSecond;
    const frequent = statements?.top.reduce<(typeof statements.top)[number] | undefined>(
      (best, one) => (best === undefined || one.calls > best.calls ? one : best),
      undefined,
    );
    if (calls === undefined || frequent === undefined || frequent.meanMs > TINY_MS) return undefined;
    if (traffic === undefined || traffic.ratePerMinute <= 0) return undefined;
    const perRequest = (calls * SECONDS_A_MINUTE) / traffic.ratePerMinute;
    const sign = ramp(perRequest, MANY_CALLS, 2 * MANY_CALLS) * ramp(fullness(facts), 0.3, 0.6);
    if (sign === 0) return undefined;
    return {
      weight: 0.3 + 0.6 * sign,
      evidence: [
        `${Math.round(perRequest)} statements a request (${Math.round(calls)} a second)`,
        `most often, ${time(frequent.meanMs)} each: ${frequent.query}`,
      ],
      advice: 'Fetch the rows in one statement (join or eager loading) in place of one a row.',
    };
  },
};
