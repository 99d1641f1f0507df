import type { CommandOf } from '../commands.ts';
import { isDay, remindedAt } from '../follow-ups.ts';
import { refOf } from '../people.ts';
import type { Policy } from '../policy.ts';
import type { FollowUp, Incident } from '../state.ts';
import { type Decision, NOTHING, tell } from './decision.ts';
import { refuse } from './people.ts';

/** A responder gives an item to someone, with a day or without one. A later word replaces an earlier one. */
export function assignFollowUp(
  state: Incident,
  command: CommandOf<'AssignFollowUp'>,
  now: Date,
  policy: Policy,
): Decision {
  const item = itemOf(state, command.item);
  if (item === undefined) return tell({ code: 'no_such_follow_up' });
  const refused = refuse(command.by, 'responder', `Assign: ${item.title}`, now, policy);
  if (refused !== undefined) return refused;
  const { due, to } = command;
  if (item.closed !== undefined) return tell({ code: 'follow_up_closed', by: item.closed.by });
  if (due !== undefined && !isDay(due)) return tell({ code: 'no_such_follow_up' });
  if (item.assignee?.id === to.id && item.due === due) return tell({ code: 'done' });
  return {
    events: [
      {
        type: 'FollowUpAssigned',
        at: now.toISOString(),
        item: item.id,
        to,
        by: refOf(command.by),
        ...(due === undefined ? {} : { due }),
      },
    ],
    told: { code: 'done' },
  };
}

/** A responder, or the one it was given to, says that it is done. */
export function closeFollowUp(
  state: Incident,
  command: CommandOf<'CloseFollowUp'>,
  now: Date,
  policy: Policy,
): Decision {
  const item = itemOf(state, command.item);
  if (item === undefined) return tell({ code: 'no_such_follow_up' });
  if (item.assignee?.id !== command.by.id) {
    const refused = refuse(command.by, 'responder', `Done: ${item.title}`, now, policy);
    if (refused !== undefined) return refused;
  }
  if (item.closed !== undefined) return tell({ code: 'follow_up_closed', by: item.closed.by });
  return {
    events: [{ type: 'FollowUpClosed', at: now.toISOString(), item: item.id, by: refOf(command.by) }],
    told: { code: 'done' },
  };
}

/** The timer of an item's day: it reminds once, of what is still open and still due on that day. */
export function remindFollowUp(state: Incident, command: CommandOf<'RemindFollowUp'>, now: Date): Decision {
  const item = itemOf(state, command.item);
  if (item === undefined || item.closed !== undefined || item.due !== command.day) return NOTHING;
  if (now.getTime() < Date.parse(remindedAt(command.day))) return NOTHING;
  return { events: [{ type: 'FollowUpReminded', at: now.toISOString(), item: item.id }] };
}

function itemOf({ followUps }: Incident, id: string): FollowUp | undefined {
  return followUps?.find((one) => one.id === id);
}
