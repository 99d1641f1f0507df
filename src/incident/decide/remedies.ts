import { may } from '../access.ts';
import type { CommandOf } from '../commands.ts';
import type { Event } from '../events.ts';
import { refOf, SYSTEM } from '../people.ts';
import type { Policy } from '../policy.ts';
import { askAgain, needsReason, type RemedyRequest, sameTarget } from '../remedy.ts';
import type { Incident } from '../state.ts';
import { type Decision, NOTHING, tell } from './decision.ts';
import { refuse } from './people.ts';
import { closing } from './resolution.ts';
import { standingChange } from './undo.ts';

/**
 * Someone asks for a remedy. Nothing is carried out yet: the preview is shown where others see it,
 * and waits for approval. With no incident open the request stands for itself.
 */
export function requestRemedy(
  state: Incident | undefined,
  command: CommandOf<'RequestRemedy'>,
  now: Date,
  policy: Policy,
): Decision {
  const at = now.toISOString();
  if (state === undefined) {
    const verdict = may(command.by, 'responder', policy.access);
    if (!verdict.allowed) return tell({ code: 'not_allowed', why: verdict.why });
    if (lacksReason(command)) return tell({ code: 'reason_needed' });
    const opened: Event = {
      type: 'IncidentOpened',
      at,
      kind: 'request',
      id: command.id,
      ...(policy.pool === undefined ? {} : { pool: policy.pool.name }),
      channel: policy.channel,
      title: command.preview.title,
      severity: 'info',
      startsAt: at,
      source: command.by.id,
    };
    const request = newRequest('r1', command, now, policy);
    return {
      events: [opened, { type: 'RemedyRequested', at, request }],
      told: { code: 'requested', request },
    };
  }
  const refused = refuse(command.by, 'responder', command.preview.title, now, policy);
  if (refused !== undefined) return refused;
  if (state.status === 'resolved') return tell({ code: 'already_resolved' });
  if (lacksReason(command)) return tell({ code: 'reason_needed' });
  const same = Object.values(state.requests).find(
    (one) => isAlive(one, now) && one.action === command.action && sameTarget(one.target, command.target),
  );
  if (same !== undefined) return tell({ code: 'already_requested', request: same });
  const standing = standingChange(state, command.target);
  if (standing !== undefined) return tell({ code: 'still_changed', request: standing });
  const request = newRequest(`r${Object.keys(state.requests).length + 1}`, command, now, policy);
  return { events: [{ type: 'RemedyRequested', at, request }], told: { code: 'requested', request } };
}

/** An approver says yes. The last needed yes sends the remedy off; any further one changes nothing. */
export function approve(state: Incident, command: CommandOf<'Approve'>, now: Date, policy: Policy): Decision {
  const request = state.requests[command.request];
  if (request === undefined) return tell({ code: 'no_such_request' });
  if (request.status !== 'pending') return tell({ code: 'request_closed', request });
  const refused = refuse(command.by, 'approver', `Approve: ${request.preview.title}`, now, policy);
  if (refused !== undefined) return refused;
  if (isExpired(request, now)) return expire(state, request, now);
  if (state.status === 'resolved') return closeWithIncident(request, command, now);
  const needsTwo = isTwoPerson(request, policy);
  if (needsTwo && request.requestedBy.id === command.by.id) {
    return {
      events: [
        {
          type: 'ActRefused',
          at: now.toISOString(),
          act: `Approve: ${request.preview.title}`,
          by: refOf(command.by),
          why: 'it takes two other approvers: the one who asked is not one of them',
        },
      ],
      told: { code: 'own_request' },
    };
  }
  if (request.approvals.some((one) => one.by.id === command.by.id)) return tell({ code: 'approved_before' });
  const enough = request.approvals.length + 1 >= (needsTwo ? 2 : 1);
  return {
    events: [
      { type: 'RemedyApproved', at: now.toISOString(), request: request.id, by: refOf(command.by), enough },
    ],
    told: { code: enough ? 'approved' : 'needs_another_approval' },
  };
}

/** An approver says no, or the one who asked takes it back. */
export function deny(state: Incident, command: CommandOf<'Deny'>, now: Date, policy: Policy): Decision {
  const request = state.requests[command.request];
  if (request === undefined) return tell({ code: 'no_such_request' });
  if (request.status !== 'pending') return tell({ code: 'request_closed', request });
  if (request.requestedBy.id !== command.by.id) {
    const refused = refuse(command.by, 'approver', `Deny: ${request.preview.title}`, now, policy);
    if (refused !== undefined) return refused;
  }
  if (isExpired(request, now)) return expire(state, request, now);
  const at = now.toISOString();
  return {
    events: [
      { type: 'RemedyDenied', at, request: request.id, by: refOf(command.by) },
      ...closing(state, request.id, at),
    ],
    told: { code: 'done' },
  };
}

/**
 * An approver, or the one who asked, takes back what is approved and waits for its turn. The start and this
 * are both decided on the request as it stands, so whichever is committed first holds.
 */
export function cancelQueued(
  state: Incident,
  command: CommandOf<'CancelQueued'>,
  now: Date,
  policy: Policy,
): Decision {
  const request = state.requests[command.request];
  if (request === undefined) return tell({ code: 'no_such_request' });
  if (request.status !== 'approved') return tell({ code: 'not_queued', request });
  if (request.requestedBy.id !== command.by.id) {
    const refused = refuse(command.by, 'approver', `Cancel: ${request.preview.title}`, now, policy);
    if (refused !== undefined) return refused;
  }
  const at = now.toISOString();
  return {
    events: [
      { type: 'RemedyCancelled', at, request: request.id, by: refOf(command.by) },
      ...closing(state, request.id, at),
    ],
    told: { code: 'done' },
  };
}

/** The timer of a request: an answer that comes too late is no answer. */
export function expireRequest(state: Incident, command: CommandOf<'ExpireRequest'>, now: Date): Decision {
  const request = state.requests[command.request];
  if (request === undefined || request.status !== 'pending' || !isExpired(request, now)) return NOTHING;
  const at = now.toISOString();
  return { events: [{ type: 'RemedyExpired', at, request: request.id }, ...closing(state, request.id, at)] };
}

/** Whether the rules of now ask for two approvers besides the one who asked. */
export function isTwoPerson(request: RemedyRequest, policy: Policy): boolean {
  return policy.access.twoPerson.includes(request.action);
}

function expire(state: Incident, request: RemedyRequest, now: Date): Decision {
  const at = now.toISOString();
  const expired = { ...request, status: 'expired' as const };
  return {
    events: [{ type: 'RemedyExpired', at, request: request.id }, ...closing(state, request.id, at)],
    told: { code: 'request_closed', request: expired },
  };
}

/** Whoever asks, by whatever way: a risky remedy is asked for with its reason, or not at all. */
function lacksReason({ action, reason = '' }: CommandOf<'RequestRemedy'>): boolean {
  return needsReason({ action }) && reason.trim() === '';
}

/** What was still waiting when its incident ended: an older version did not close it then. */
function closeWithIncident(request: RemedyRequest, { by }: CommandOf<'Approve'>, now: Date): Decision {
  const at = now.toISOString();
  const because = 'resolved';
  return {
    events: [
      {
        type: 'ActRefused',
        at,
        act: `Approve: ${request.preview.title}`,
        by: refOf(by),
        why: `the incident is over; ${askAgain(request)}`,
      },
      { type: 'RemedyCancelled', at, request: request.id, by: refOf(SYSTEM), because },
    ],
    told: { code: 'request_closed', request: { ...request, status: 'cancelled', closedBecause: because } },
  };
}

function newRequest(
  id: string,
  command: CommandOf<'RequestRemedy'>,
  now: Date,
  policy: Policy,
): RemedyRequest {
  return {
    id,
    action: command.action,
    target: command.target,
    preview: command.preview,
    requestedBy: refOf(command.by),
    requestedAt: now.toISOString(),
    ...(command.reason === undefined ? {} : { reason: command.reason }),
    expiresAt: new Date(now.getTime() + policy.access.approvalTtlMs).toISOString(),
    approvals: [],
    status: 'pending',
  };
}

function isExpired(request: RemedyRequest, now: Date): boolean {
  return now.getTime() >= Date.parse(request.expiresAt);
}

function isAlive(request: RemedyRequest, now: Date): boolean {
  if (request.status === 'pending') return !isExpired(request, now);
  return request.status === 'approved' || request.status === 'running';
}
