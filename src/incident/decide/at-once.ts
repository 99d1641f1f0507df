import { affectedServices, damageEvidence } from '../conditions.ts';
import { dueLevels, hasReached, levelAbove, reachLevel } from '../escalation.ts';
import type { Event } from '../events.ts';
import { evolve } from '../evolve.ts';
import { type PersonRef, refOf, SYSTEM } from '../people.ts';
import type { AtOnceCondition, Policy } from '../policy.ts';
import type { Incident } from '../state.ts';

/**
 * A condition that skips the wait is met: what tells it, then the level that the policy names for it, unless the
 * condition has called one in this firing or the level is reached. It ends a snooze, which was asked for before
 * things got worse: what was put off, and is due by the policy, is reached with it.
 *
 * @param state the incident before it
 * @param told the event that tells the condition
 * @param by who brought it about, where a person did
 */
export function meet(
  state: Incident,
  condition: AtOnceCondition,
  told: Event,
  now: Date,
  policy: Policy,
  by?: PersonRef,
): Event[] {
  const events: Event[] = [
    told,
    ...levelFor(state, condition, now, policy, by),
    ...snoozeEnded(state, condition, now, policy),
  ];
  return [...events, ...dueLevels(after(state, events), now, policy)];
}

function levelFor(
  state: Incident,
  condition: AtOnceCondition,
  now: Date,
  policy: Policy,
  by: PersonRef | undefined,
): Event[] {
  const target = policy.escalation.atOnce[condition];
  const level = target === 'next' ? levelAbove(state, policy) : target;
  if (level === undefined || hasReached(state, level)) return [];
  if (state.levels.some((reached) => reached.condition === condition)) return [];
  const event = reachLevel(policy, level, now, 'at_once');
  return event === undefined ? [] : [{ ...event, condition, ...(by === undefined ? {} : { by }) }];
}

/** A condition that the policy names no level for skips no wait. */
function snoozeEnded(state: Incident, condition: AtOnceCondition, now: Date, policy: Policy): Event[] {
  const isPutOff = state.snoozes?.some(
    ({ isOver, until }) => isOver !== true && Date.parse(until) > now.getTime(),
  );
  return isPutOff === true && policy.escalation.atOnce[condition] !== undefined
    ? [{ type: 'SnoozeEnded', at: now.toISOString(), condition }]
    : [];
}

function after(state: Incident, events: readonly Event[]): Incident {
  return events.reduce(evolve, state);
}

/** Several services are in trouble, by the alerts that fire now; found out once in a firing. */
export function findServices(state: Incident, now: Date, policy: Policy): Event[] {
  if (state.status === 'resolved' || state.services !== undefined) return [];
  const found = affectedServices(state, policy.relatedAlerts);
  if (found === undefined) return [];
  const event: Event = { type: 'ServicesAffected', at: now.toISOString(), ...found };
  return meet(state, 'multiple_services', event, now, policy);
}

/** The checks met damaged data; found out once in a firing, by them or by a person. */
export function findDamage(state: Incident, now: Date, policy: Policy): Event[] {
  if (state.kind !== 'incident' || state.status === 'resolved' || state.dataCorruption !== undefined)
    return [];
  const evidence = damageEvidence(state);
  if (evidence === undefined) return [];
  const by = refOf(SYSTEM);
  const event: Event = { type: 'DataCorruptionSuspected', at: now.toISOString(), by, evidence };
  return meet(state, 'data_corruption', event, now, policy, by);
}
