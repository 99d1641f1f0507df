import type { CommandOf } from '../commands.ts';
import type { Event, EventOf } from '../events.ts';
import type { Policy } from '../policy.ts';
import { isForNow, type PoolReading, type RemedyRequest } from '../remedy.ts';
import type { Incident } from '../state.ts';
import { standing } from '../verification.ts';
import { meet } from './at-once.ts';
import { type Decision, NOTHING } from './decision.ts';
import { restartSteps } from './diagnosis.ts';

/**
 * The watch after a remedy brought something: the pool is healthy, and the incident mitigated; or its time
 * is up, and the fix has failed: the level for that is reached at once, once in a firing, and all checks run again, so that
 * the next remedy is suggested by what is so now.
 *
 * The newest remedy decides: an earlier one is not called a failure while another is being watched.
 */
export function recordVerification(
  state: Incident,
  command: CommandOf<'RecordVerification'>,
  now: Date,
  policy: Policy,
): Decision {
  const request = state.requests[command.request];
  const rules = policy.pool?.verify;
  const { result } = request ?? {};
  if (request === undefined || rules === undefined || result?.outcome !== 'done') return NOTHING;
  if (state.status === 'resolved' || isOfAnEarlierFiring(state, result.at)) return NOTHING;
  const { reading } = command;
  const at = now.toISOString();
  const about = {
    at,
    request: request.id,
    ...(result.before === undefined ? {} : { before: result.before }),
  };
  switch (standing(result.at, reading, now, rules)) {
    case 'watching':
      return NOTHING;
    case 'healthy':
      return reading === undefined || state.mitigatedAt !== undefined
        ? NOTHING
        : { events: [{ type: 'Mitigated', ...about, after: reading }] };
    case 'failed':
      if (isOvertaken(state, request)) return NOTHING;
      return {
        events: [
          ...meet(state, 'fix_failed', failed(about, reading), now, policy),
          ...restartSteps(state, at, policy),
        ],
      };
  }
}

function isOfAnEarlierFiring(state: Incident, endedAt: string): boolean {
  return Date.parse(endedAt) < Date.parse(state.startsAt);
}

/** A remedy that ran after this one: whether the pool is well is now its doing. */
function isOvertaken(state: Incident, request: RemedyRequest): boolean {
  return Object.values(state.requests).some(
    ({ id, status, result, target }) =>
      id !== request.id &&
      isForNow(target) &&
      (status === 'running' ||
        (result?.outcome === 'done' && Date.parse(result.at) > Date.parse(request.result?.at ?? ''))),
  );
}

function failed(about: Omit<EventOf<'FixFailed'>, 'type' | 'after'>, after: PoolReading | undefined): Event {
  return { type: 'FixFailed', ...about, ...(after === undefined ? {} : { after }) };
}
