import type { Event } from '../events.ts';
import type { PersonRef } from '../people.ts';
import type { RemedyRequest } from '../remedy.ts';

/** What the person who acted is told, as a code with its facts; the words are the view's. */
export type Told =
  | { readonly code: 'done' }
  | { readonly code: 'not_allowed'; readonly why: string }
  | { readonly code: 'not_open' }
  /** A notice that changes nothing: told before, overtaken by a later one, or of what we did ourselves. */
  | { readonly code: 'ignored'; readonly why: 'repeat' | 'late' | 'echo' }
  | { readonly code: 'thread_comes' }
  | { readonly code: 'thread_is_there'; readonly permalink?: string }
  | { readonly code: 'already_acknowledged'; readonly by: PersonRef; readonly at: string }
  | { readonly code: 'already_resolved' }
  | { readonly code: 'step_running'; readonly step: number }
  | { readonly code: 'no_such_step'; readonly step: number }
  | { readonly code: 'all_steps_running' }
  | { readonly code: 'no_steps' }
  | { readonly code: 'no_cause_given' }
  /** It is risky, and nobody said why. */
  | { readonly code: 'reason_needed' }
  | { readonly code: 'requested'; readonly request: RemedyRequest }
  | { readonly code: 'already_requested'; readonly request: RemedyRequest }
  | { readonly code: 'approved' }
  | { readonly code: 'needs_another_approval' }
  | { readonly code: 'own_request' }
  | { readonly code: 'approved_before' }
  | { readonly code: 'no_such_request' }
  | { readonly code: 'request_closed'; readonly request: RemedyRequest }
  /** It is not waiting for its turn (any more), so there is nothing to take back. */
  | { readonly code: 'not_queued'; readonly request: RemedyRequest }
  | { readonly code: 'no_such_follow_up' }
  | { readonly code: 'follow_up_closed'; readonly by: PersonRef }
  /** The change of another request stands on the same setting. */
  | { readonly code: 'still_changed'; readonly request: RemedyRequest }
  | { readonly code: 'nothing_to_undo'; readonly request: RemedyRequest }
  | { readonly code: 'being_undone'; readonly request: RemedyRequest }
  | { readonly code: 'escalated'; readonly level: number; readonly name: string }
  | { readonly code: 'already_at_level'; readonly level: number }
  | { readonly code: 'no_level_left' }
  | { readonly code: 'no_such_level'; readonly level: number; readonly levels: number }
  | { readonly code: 'snoozed'; readonly level: number; readonly until: string }
  | { readonly code: 'snoozed_before'; readonly level: number; readonly by: PersonRef }
  /** The level is due already: it was reached instead. */
  | { readonly code: 'snooze_too_late'; readonly level: number }
  | { readonly code: 'nothing_to_snooze' }
  | { readonly code: 'no_snooze_with_damage' }
  | { readonly code: 'no_reason_given' }
  | { readonly code: 'handed_over'; readonly to: PersonRef }
  | { readonly code: 'has_it_already'; readonly to: PersonRef }
  | { readonly code: 'cannot_have_it'; readonly to: PersonRef; readonly why: string }
  | {
      readonly code: 'start';
      readonly request: RemedyRequest;
      /** It was started before: whoever did has crashed, or is thought to have. */
      readonly again: boolean;
      /** Only with `again`: why the approval does not hold any more. It may be looked at then, not done. */
      readonly lapsed?: string;
    };

/** What a command leads to: facts to append (possibly none), and what to tell the one who asked. */
export interface Decision {
  readonly events: readonly Event[];
  readonly told?: Told;
}

/** Nothing happens. */
export const NOTHING: Decision = { events: [] };

/** Nothing happens, and the person is told why. */
export function tell(told: Told): Decision {
  return { events: [], told };
}
