import { may, type Right } from '../access.ts';
import type { CommandOf } from '../commands.ts';
import { hasReached, levelAbove, reachLevel } from '../escalation.ts';
import type { Event } from '../events.ts';
import { type Actor, refOf } from '../people.ts';
import type { Policy } from '../policy.ts';
import { type Incident, ownerOf } from '../state.ts';
import { meet } from './at-once.ts';
import { type Decision, tell } from './decision.ts';
import { resolution } from './resolution.ts';

/** Someone takes the incident. */
export function acknowledge(
  state: Incident,
  command: CommandOf<'Acknowledge'>,
  now: Date,
  policy: Policy,
): Decision {
  const refused = refuse(command.by, 'responder', 'Acknowledge', now, policy);
  if (refused !== undefined) return refused;
  if (state.status === 'resolved') return tell({ code: 'already_resolved' });
  if (state.acknowledged !== undefined) {
    const { person: by, at } = ownerOf(state) ?? { ...state.acknowledged, person: state.acknowledged.by };
    return tell({ code: 'already_acknowledged', by, at });
  }
  const at = now.toISOString();
  return { events: [{ type: 'Acknowledged', at, by: refOf(command.by) }], told: { code: 'done' } };
}

/** A person moves the incident up: to the next level, or to the one named. */
export function escalate(
  state: Incident,
  command: CommandOf<'Escalate'>,
  now: Date,
  policy: Policy,
): Decision {
  const refused = refuse(command.by, 'responder', 'Escalate', now, policy);
  if (refused !== undefined) return refused;
  if (state.status === 'resolved') return tell({ code: 'already_resolved' });
  const level = command.level ?? levelAbove(state, policy);
  if (level === undefined) return tell({ code: 'no_level_left' });
  if (hasReached(state, level)) return tell({ code: 'already_at_level', level });
  const event = reachLevel(policy, level, now, 'asked');
  if (event === undefined) {
    return tell({ code: 'no_such_level', level, levels: policy.escalation.levels.length });
  }
  return {
    events: [
      {
        ...event,
        by: refOf(command.by),
        ...(command.reason === undefined ? {} : { reason: command.reason }),
      },
    ],
    told: { code: 'escalated', level, name: event.name },
  };
}

/** Someone suspects damaged data: the levels below do not decide about that. */
export function suspectDataCorruption(
  state: Incident,
  command: CommandOf<'SuspectDataCorruption'>,
  now: Date,
  policy: Policy,
): Decision {
  const refused = refuse(command.by, 'responder', 'Data corruption', now, policy);
  if (refused !== undefined) return refused;
  if (state.status === 'resolved') return tell({ code: 'already_resolved' });
  if (state.dataCorruption !== undefined) return tell({ code: 'done' });
  const by = refOf(command.by);
  const event: Event = { type: 'DataCorruptionSuspected', at: now.toISOString(), by };
  return { events: meet(state, 'data_corruption', event, now, policy, by), told: { code: 'done' } };
}

/** Someone closes the incident by hand. */
export function resolve(state: Incident, command: CommandOf<'Resolve'>, now: Date, policy: Policy): Decision {
  const refused = refuse(command.by, 'responder', 'Resolve', now, policy);
  if (refused !== undefined) return refused;
  if (state.status === 'resolved') return tell({ code: 'already_resolved' });
  const at = now.toISOString();
  return {
    events: resolution(state, { at, how: 'person', by: refOf(command.by) }, policy),
    told: { code: 'done' },
  };
}

/** The refusal of an act the access rules do not allow, on the timeline too; `undefined` when they do. */
export function refuse(
  actor: Actor,
  right: Right,
  act: string,
  now: Date,
  policy: Policy,
): Decision | undefined {
  const verdict = may(actor, right, policy.access);
  if (verdict.allowed) return undefined;
  return {
    events: [{ type: 'ActRefused', at: now.toISOString(), act, by: refOf(actor), why: verdict.why }],
    told: { code: 'not_allowed', why: verdict.why },
  };
}
