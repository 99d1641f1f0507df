import type { Alert } from './alerts.ts';
import type { SharedFile } from './effects.ts';
import type { StepFindings } from './events.ts';
import type { Facts } from './facts.ts';
import type { PageNotice, PageWay } from './pages.ts';
import type { Actor, PersonRef } from './people.ts';
import type { Action, PoolReading, Preview, RemedyOutcome, Target } from './remedy.ts';
import type { EarlyWarning } from './state.ts';
import type { CauseId } from './verdict.ts';

/** Everything that can be asked of an incident: by people, by alerts, by timers and by the outcomes of effects. */
export type Command =
  | {
      readonly type: 'ReceiveAlerts';
      /** The id a new incident would get. */
      readonly id: string;
      readonly alerts: readonly Alert[];
      readonly source: string;
    }
  /** The samples are over the line of the early warning. */
  | {
      readonly type: 'RaiseWarning';
      readonly id: string;
      /** ISO 8601, the first sample over the line. */
      readonly since: string;
      readonly warning: EarlyWarning;
    }
  /** `incident`: one of the pool has opened and says more than the warning; left out, the pool is calm again. */
  | { readonly type: 'ClearWarning'; readonly by?: 'incident' }
  /** So many incidents have opened into one channel, and not all of their threads can be there yet. */
  | {
      readonly type: 'GatherStorm';
      readonly id: string;
      readonly channel: string;
      readonly opened: number;
      /** ISO 8601, when the first of them opened. */
      readonly since: string;
    }
  /** No more have come for a while, and every thread is there. */
  | { readonly type: 'EndStorm' }
  /** Somebody wants the thread of this incident ahead of the others. */
  | { readonly type: 'BringThread'; readonly by: Actor }
  | { readonly type: 'Acknowledge'; readonly by: Actor }
  | { readonly type: 'RunStep'; readonly by: Actor; readonly step: number }
  | { readonly type: 'RunAllSteps'; readonly by: Actor }
  | {
      readonly type: 'NameRootCause';
      readonly by: Actor;
      readonly cause?: CauseId;
      readonly title: string;
    }
  /** The verdict as far as the checks have come: one that hangs does not keep people waiting. */
  | { readonly type: 'ReachVerdict' }
  | {
      readonly type: 'RecordFile';
      readonly file: SharedFile;
      readonly firing: number;
      readonly fileId?: string;
      readonly instead?: string;
    }
  | {
      readonly type: 'RequestRemedy';
      readonly by: Actor;
      readonly action: Action;
      readonly target: Target;
      readonly preview: Preview;
      readonly reason?: string;
      /** The id of the request's own thread, when no incident is open. */
      readonly id: string;
    }
  | { readonly type: 'Approve'; readonly by: Actor; readonly request: string }
  | { readonly type: 'Deny'; readonly by: Actor; readonly request: string }
  /** Takes back what is approved and has not begun. */
  | { readonly type: 'CancelQueued'; readonly by: Actor; readonly request: string }
  | {
      readonly type: 'Escalate';
      readonly by: Actor;
      readonly level?: number;
      readonly reason?: string;
    }
  /** Puts the next level off by `SNOOZE_MS`. */
  | { readonly type: 'Snooze'; readonly by: Actor; readonly reason: string }
  /** `to` with the groups they are in now: who may not respond is given no incident. */
  | { readonly type: 'HandOver'; readonly by: Actor; readonly to: Actor }
  | { readonly type: 'SuspectDataCorruption'; readonly by: Actor }
  | { readonly type: 'Resolve'; readonly by: Actor }
  /** An act that was stopped before it reached the incident (e.g. a preview that may not be asked for). */
  | { readonly type: 'NoteRefusal'; readonly by: Actor; readonly act: string; readonly why: string }
  | {
      readonly type: 'AssignFollowUp';
      readonly by: Actor;
      readonly item: string;
      readonly to: PersonRef;
      /** `YYYY-MM-DD`. */
      readonly due?: string;
    }
  | { readonly type: 'CloseFollowUp'; readonly by: Actor; readonly item: string }
  /** The timer: the day that the item was due on when the timer was set. */
  | { readonly type: 'RemindFollowUp'; readonly item: string; readonly day: string }
  | { readonly type: 'CheckEscalation' }
  | { readonly type: 'ExpireRequest'; readonly request: string }
  | {
      readonly type: 'RecordThread';
      readonly channel: string;
      readonly ts: string;
      readonly permalink?: string;
    }
  | {
      readonly type: 'RecordStep';
      readonly step: number;
      readonly run: number;
      readonly ok: boolean;
      readonly ms: number;
      readonly findings: StepFindings;
      readonly reading?: PoolReading;
      readonly facts?: Partial<Facts>;
    }
  /** The last look before a remedy runs: the approvers as the access rules see them now. */
  | { readonly type: 'StartRemedy'; readonly request: string; readonly approvers: readonly Actor[] }
  | {
      readonly type: 'EndRemedy';
      readonly request: string;
      readonly outcome: RemedyOutcome;
      readonly detail: string;
      readonly ms?: number;
      readonly before?: PoolReading;
      readonly after?: PoolReading;
      /** Nobody could tell whether it was done. */
      readonly unknown?: true;
    }
  /** A person asks that what a remedy changed be undone. */
  | { readonly type: 'Undo'; readonly by: Actor; readonly request: string }
  /** The time of a temporary change is up. */
  | { readonly type: 'RevertRemedy'; readonly request: string }
  /** The last look before it is undone: the one who asked, as the access rules see them now. */
  | { readonly type: 'StartUndo'; readonly request: string; readonly by: Actor }
  | { readonly type: 'DelayUndo'; readonly request: string; readonly detail: string }
  | {
      readonly type: 'EndUndo';
      readonly request: string;
      readonly outcome: RemedyOutcome;
      readonly detail: string;
    }
  /** The pool as it stands after a remedy: below the line, or still not when the time was up. */
  | { readonly type: 'RecordVerification'; readonly request: string; readonly reading?: PoolReading }
  /** The database does not answer, or answers again; told as long as it is so. `since` is ISO 8601. */
  | { readonly type: 'RecordUnresponsive'; readonly since: string; readonly detail?: string }
  | { readonly type: 'RecordResponsive' }
  | {
      readonly type: 'RecordPage';
      readonly level: number;
      readonly dedupKey: string;
      readonly way?: PageWay;
    }
  /** The page of a level was given to a person, known at PagerDuty by that name, or was not, and why. */
  | ({ readonly type: 'RecordAssignment'; readonly level: number; readonly to: PersonRef } & (
      | { readonly name: string }
      | { readonly why: string }
    ))
  /** PagerDuty's webhook. */
  | { readonly type: 'TakePageNotice'; readonly notice: PageNotice }
  | {
      readonly type: 'RecordPageFailure';
      readonly level: number;
      readonly detail: string;
      readonly final: boolean;
    }
  | {
      readonly type: 'RecordDeadEffect';
      readonly effect: string;
      readonly kind: string;
      readonly detail: string;
      /** Of an effect of a remedy: the request. */
      readonly request?: string;
    };

/** A command of one kind. */
export type CommandOf<T extends Command['type']> = Extract<Command, { type: T }>;
