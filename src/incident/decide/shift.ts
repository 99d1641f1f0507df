import { may } from '../access.ts';
import type { CommandOf } from '../commands.ts';
import { dueLevels, nextDue, SNOOZE_MS } from '../escalation.ts';
import { refOf } from '../people.ts';
import type { Policy } from '../policy.ts';
import { type Incident, ownerOf } from '../state.ts';
import { type Decision, tell } from './decision.ts';
import { refuse } from './people.ts';

/**
 * Someone puts the next level off by ten minutes, and says why. Each level can be put off once in a firing, so
 * nobody is called more than ten minutes later than the policy says; with damaged data suspected none can be.
 */
export function snooze(state: Incident, command: CommandOf<'Snooze'>, now: Date, policy: Policy): Decision {
  const refused = refuse(command.by, 'responder', 'Snooze', now, policy);
  if (refused !== undefined) return refused;
  if (state.status === 'resolved') return tell({ code: 'already_resolved' });
  const reason = command.reason.trim();
  if (reason === '') return tell({ code: 'no_reason_given' });
  if (state.dataCorruption !== undefined) return tell({ code: 'no_snooze_with_damage' });
  const next = nextDue(state, policy);
  if (next === undefined) return tell({ code: 'nothing_to_snooze' });
  const { level } = next;
  if (next.at <= now.getTime()) {
    // Its timer is late: nobody can tell it apart from one that was in time.
    return { events: dueLevels(state, now, policy), told: { code: 'snooze_too_late', level } };
  }
  const before = state.snoozes?.find((one) => one.level === level);
  if (before !== undefined) return tell({ code: 'snoozed_before', level, by: before.by });
  const until = new Date(next.at + SNOOZE_MS).toISOString();
  return {
    events: [{ type: 'Snoozed', at: now.toISOString(), level, until, by: refOf(command.by), reason }],
    told: { code: 'snoozed', level, until },
  };
}

/**
 * Someone gives the incident to a person who may respond. It is no acknowledgement: while nobody has
 * acknowledged, the levels that wait for one are reached all the same, for the other may be asleep.
 */
export function handOver(
  state: Incident,
  command: CommandOf<'HandOver'>,
  now: Date,
  policy: Policy,
): Decision {
  const refused = refuse(command.by, 'responder', 'Hand over', now, policy);
  if (refused !== undefined) return refused;
  if (state.status === 'resolved') return tell({ code: 'already_resolved' });
  const to = refOf(command.to);
  const from = ownerOf(state)?.person;
  if (from?.id === to.id) return tell({ code: 'has_it_already', to });
  const verdict = may(command.to, 'responder', policy.access);
  if (!verdict.allowed) return tell({ code: 'cannot_have_it', to, why: verdict.why });
  return {
    events: [
      {
        type: 'HandedOver',
        at: now.toISOString(),
        to,
        by: refOf(command.by),
        ...(from === undefined ? {} : { from }),
      },
    ],
    told: { code: 'handed_over', to },
  };
}
