import type { Told } from '../../incident/decide/index.ts';
import { askAgain, type RemedyRequest } from '../../incident/remedy.ts';
import { code, link, person, plain, time } from './mrkdwn.ts';

/** What the person who pressed or typed is told; `undefined` when the thread says it already. */
export function toldText(told: Told | undefined): string | undefined {
  if (told === undefined) return undefined;
  switch (told.code) {
    case 'done':
    case 'approved':
    case 'start':
    case 'ignored':
      return undefined;
    case 'reason_needed':
      return 'Not asked for: this is risky and takes a reason; press its button and say why.';
    case 'requested':
      return 'Asked for. It waits for an approval in the thread.';
    case 'not_allowed':
      return `:no_entry: Not carried out: ${withCode(told.why)}.`;
    case 'not_open':
      return 'There is no such incident any more.';
    case 'thread_comes':
      return 'Its thread comes next, ahead of the others.';
    case 'thread_is_there':
      return `${told.permalink === undefined ? 'Its thread' : link(told.permalink, 'Its thread')} is there already.`;
    case 'already_acknowledged':
      return `${person(told.by)} has had it since ${time(told.at)}; nothing changed.`;
    case 'already_resolved':
      return 'This incident is resolved already; nothing changed.';
    case 'step_running':
      return `Step ${told.step} is running already.`;
    case 'no_such_step':
      return `There is no step ${told.step} to run here.`;
    case 'all_steps_running':
      return 'All checks are running already.';
    case 'no_steps':
      return 'There is nothing to check here: the alert matches no pool, or its runbook has no step.';
    case 'no_cause_given':
      return 'No cause was given, so nothing changed.';
    case 'already_requested':
      return `That has been asked for already by ${person(told.request.requestedBy)}; see the thread.`;
    case 'needs_another_approval':
      return 'Your approval counts. It needs one more, from someone else.';
    case 'own_request':
      return ':no_entry: Not counted: this takes two other approvers, and you asked for it.';
    case 'approved_before':
      return 'Your approval counts already; it takes someone else for the second.';
    case 'no_such_request':
      return 'That request does not exist.';
    case 'request_closed':
      return closed(told.request);
    case 'not_queued':
      return notQueued(told.request);
    case 'no_such_follow_up':
      return 'There is no such item, or no such day; nothing changed.';
    case 'follow_up_closed':
      return `${person(told.by)} has done that already; nothing changed.`;
    case 'still_changed':
      return `That ${told.request.result?.unknown === true ? 'may have been changed' : 'was changed'} already by “${plain(told.request.preview.title, 200)}” and stands ${standsUntil(told.request)}. Undo it first: ${code('/pool undo')}.`;
    case 'nothing_to_undo':
      return 'There is nothing to undo any more; nothing changed.';
    case 'being_undone':
      return 'It is being undone already.';
    case 'escalated':
      return `Escalated to level ${told.level}, ${plain(told.name, 80)}.`;
    case 'already_at_level':
      return `Level ${told.level} has been reached already; nobody is paged twice.`;
    case 'no_level_left':
      return 'There is no further level to escalate to.';
    case 'snoozed':
      return `Level ${told.level} is put off until ${time(told.until)}.`;
    case 'snoozed_before':
      return `Level ${told.level} was put off once already, by ${person(told.by)}; a level can be put off once.`;
    case 'snooze_too_late':
      return `Too late to snooze: level ${told.level} is due, and is being called.`;
    case 'nothing_to_snooze':
      return 'There is no level to put off: nobody further will be called.';
    case 'no_snooze_with_damage':
      return ':no_entry: Nothing can be snoozed while damaged data is suspected.';
    case 'no_reason_given':
      return 'No reason was given, so nothing was put off.';
    case 'handed_over':
      return undefined;
    case 'has_it_already':
      return `${person(told.to)} has it already; nothing changed.`;
    case 'cannot_have_it':
      return `:no_entry: Not handed over to ${person(told.to)}: ${withCode(told.why)}.`;
    case 'no_such_level':
      return `There is no level ${told.level}: the escalation has levels 1 to ${told.levels}.`;
  }
}

function standsUntil({ undo }: RemedyRequest): string {
  return undo?.until === undefined ? 'until someone undoes it' : `until ${time(undo.until)}`;
}

function closed(request: Extract<Told, { code: 'request_closed' }>['request']): string {
  switch (request.status) {
    case 'denied':
      return `It was denied${request.closedBy === undefined ? '' : ` by ${person(request.closedBy)}`}; nothing will be done.`;
    case 'cancelled':
      if (request.closedBecause === 'resolved') {
        return `The incident is over, so this was closed and nothing was done; ${withCode(askAgain(request))}.`;
      }
      return `It was cancelled${request.closedBy === undefined ? '' : ` by ${person(request.closedBy)}`} before it began; nothing was done.`;
    case 'expired':
      return 'It was not approved in time; nothing was done. Ask again if it is still needed.';
    case 'ended':
      return 'It has been carried out already; nothing is done twice.';
    default:
      return 'It is approved already; nothing is done twice.';
  }
}

function notQueued(request: Extract<Told, { code: 'not_queued' }>['request']): string {
  switch (request.status) {
    case 'pending':
      return 'It is not approved yet; press Deny.';
    case 'running':
      return 'Too late: it is being carried out.';
    default:
      return closed(request);
  }
}

function withCode(text: string): string {
  return text
    .split('`')
    .map((part, index) => (index % 2 === 1 ? code(part) : part.replace(/[&<>]/g, '')))
    .join('');
}
