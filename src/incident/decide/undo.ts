import { may } from '../access.ts';
import type { CommandOf } from '../commands.ts';
import type { Event } from '../events.ts';
import { refOf, SYSTEM } from '../people.ts';
import type { Policy } from '../policy.ts';
import { type RemedyRequest, sameSetting, type Target } from '../remedy.ts';
import type { Incident } from '../state.ts';
import { type Decision, NOTHING, tell } from './decision.ts';
import { refuse } from './people.ts';

/**
 * A person wants what a remedy changed to be as it was. It takes an approver, as the change did; the
 * incident may be over by then.
 */
export function undo(state: Incident, command: CommandOf<'Undo'>, now: Date, policy: Policy): Decision {
  const request = state.requests[command.request];
  if (request === undefined) return tell({ code: 'no_such_request' });
  if (request.undo === undefined || request.undo.status === 'ended') {
    return tell({ code: 'nothing_to_undo', request });
  }
  const refused = refuse(command.by, 'approver', actOf(request), now, policy);
  if (refused !== undefined) return refused;
  if (request.undo.status !== 'standing') return tell({ code: 'being_undone', request });
  return {
    events: [{ type: 'UndoAsked', at: now.toISOString(), request: request.id, by: refOf(command.by) }],
    told: { code: 'done' },
  };
}

/** The timer of a temporary change. Too early, or after someone was faster, it changes nothing. */
export function revertRemedy(state: Incident, command: CommandOf<'RevertRemedy'>, now: Date): Decision {
  const undo = state.requests[command.request]?.undo;
  if (undo?.status !== 'standing' || undo.until === undefined) return NOTHING;
  if (now.getTime() < Date.parse(undo.until)) return NOTHING;
  return {
    events: [{ type: 'UndoAsked', at: now.toISOString(), request: command.request, by: refOf(SYSTEM) }],
  };
}

/** The last look before it is undone: a right that was taken away since is taken away. */
export function startUndo(
  state: Incident,
  command: CommandOf<'StartUndo'>,
  now: Date,
  policy: Policy,
): Decision {
  const request = state.requests[command.request];
  if (request === undefined) return tell({ code: 'no_such_request' });
  if (request.undo?.status === 'running') return tell({ code: 'start', request, again: true });
  if (request.undo?.status !== 'asked') return tell({ code: 'nothing_to_undo', request });
  const at = now.toISOString();
  const verdict = may(command.by, 'approver', policy.access);
  if (!verdict.allowed) {
    const detail = `${verdict.why}; nothing was undone`;
    return {
      events: [
        { type: 'ActRefused', at, act: actOf(request), by: refOf(command.by), why: verdict.why },
        { type: 'UndoEnded', at, request: request.id, outcome: 'refused', detail },
      ],
      told: { code: 'not_allowed', why: verdict.why },
    };
  }
  return {
    events: [{ type: 'UndoStarted', at, request: request.id }],
    told: { code: 'start', request, again: false },
  };
}

/** What holds the undoing up is said once; the tries after it are silent. */
export function delayUndo(state: Incident, command: CommandOf<'DelayUndo'>, now: Date): Decision {
  const { request, detail } = command;
  const undo = state.requests[request]?.undo;
  if (undo?.status !== 'running' || undo.trouble !== undefined) return NOTHING;
  return { events: [{ type: 'UndoDelayed', at: now.toISOString(), request, detail }] };
}

/** The undoing came to its end. A second report of the same end changes nothing. */
export function endUndo(state: Incident, command: CommandOf<'EndUndo'>, now: Date): Decision {
  const { request, outcome, detail } = command;
  if (state.requests[request]?.undo?.status !== 'running') return NOTHING;
  const ended: Event = { type: 'UndoEnded', at: now.toISOString(), request, outcome, detail };
  return { events: [ended] };
}

/** The request whose change of the same setting stands: on top of it a second one could not be undone truly. */
export function standingChange(state: Incident, target: Target): RemedyRequest | undefined {
  return Object.values(state.requests).find(
    (one) => one.undo !== undefined && one.undo.status !== 'ended' && sameSetting(one.target, target),
  );
}

function actOf(request: RemedyRequest): string {
  return `Undo: ${request.preview.title}`;
}
