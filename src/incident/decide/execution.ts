import { may } from '../access.ts';
import type { CommandOf } from '../commands.ts';
import type { Actor, PersonRef } from '../people.ts';
import type { Policy } from '../policy.ts';
import { askAgain, type RemedyRequest } from '../remedy.ts';
import type { Incident } from '../state.ts';
import { type Decision, NOTHING, tell } from './decision.ts';
import { isTwoPerson } from './remedies.ts';
import { closing } from './resolution.ts';

/**
 * The last look before a remedy runs. A right that was taken away after the press is taken away:
 * the approvals are counted again with the rights their givers hold now. So they are for a run after a crash,
 * which is told when it may no more than look what the first one did.
 */
export function startRemedy(
  state: Incident,
  command: CommandOf<'StartRemedy'>,
  now: Date,
  policy: Policy,
): Decision {
  const request = state.requests[command.request];
  if (request === undefined) return tell({ code: 'no_such_request' });
  const lapse = lapsed(state, request, command.approvers, now, policy);
  if (request.status === 'running') {
    const why = lapse === undefined ? {} : { lapsed: lapse.why };
    return tell({ code: 'start', request, again: true, ...why });
  }
  if (request.status !== 'approved') return tell({ code: 'request_closed', request });
  const at = now.toISOString();
  if (lapse !== undefined) {
    return {
      events: [
        { type: 'ActRefused', at, act: `Carry out: ${request.preview.title}`, by: lapse.by, why: lapse.why },
        {
          type: 'RemedyEnded',
          at,
          request: request.id,
          outcome: 'refused',
          detail: `The approval no longer holds: ${lapse.why}. Nothing was done.`,
        },
        ...closing(state, request.id, at),
      ],
      told: { code: 'not_allowed', why: lapse.why },
    };
  }
  return {
    events: [{ type: 'RemedyStarted', at, request: request.id }],
    told: { code: 'start', request: { ...request, status: 'running' }, again: false },
  };
}

/** Why the approvals do not carry the request by the rules of now, and by whose lack; `undefined` when they do. */
function lapsed(
  state: Incident,
  request: RemedyRequest,
  approvers: readonly Actor[],
  now: Date,
  policy: Policy,
): { readonly by: PersonRef; readonly why: string } | undefined {
  const last = request.approvals.at(-1);
  // What runs when its incident ends comes to its own end; what was cut short is not begun a second time.
  if (state.status === 'resolved' && last !== undefined) {
    return { by: last.by, why: `the incident is over; ${askAgain(request)}` };
  }
  // A bot that was away comes back to a situation that nobody has looked at since.
  if (last !== undefined && now.getTime() - Date.parse(last.at) >= policy.access.approvalTtlMs) {
    return { by: last.by, why: 'it is older than `access.approval_ttl`; ask again if it is still needed' };
  }
  for (const approval of request.approvals) {
    const actor = approvers.find((one) => one.id === approval.by.id);
    if (actor === undefined) return { by: approval.by, why: 'the approver could not be looked up' };
    const verdict = may(actor, 'approver', policy.access);
    if (!verdict.allowed) return { by: approval.by, why: verdict.why };
  }
  if (!isTwoPerson(request, policy)) return undefined;
  const others = request.approvals.filter((one) => one.by.id !== request.requestedBy.id);
  return others.length >= 2
    ? undefined
    : { by: request.requestedBy, why: 'it takes two approvers besides the one who asked' };
}

/** A remedy came to its end. A second report of the same end changes nothing. */
export function endRemedy(state: Incident, command: CommandOf<'EndRemedy'>, now: Date): Decision {
  const request = state.requests[command.request];
  if (request === undefined || request.status !== 'running') return NOTHING;
  const at = now.toISOString();
  const { type: _type, ...rest } = command;
  return { events: [{ type: 'RemedyEnded', at, ...rest }, ...closing(state, request.id, at)] };
}
