import type { KnownAlert } from './alerts.ts';
import type { SharedFile } from './effects.ts';
import type { Facts } from './facts.ts';
import type { PageNotice, PageWay } from './pages.ts';
import type { PersonRef } from './people.ts';
import type { AtOnceCondition, Unless } from './policy.ts';
import type { PoolReading, RemedyOutcome, RemedyRequest } from './remedy.ts';
import type { EarlyWarning, FollowUp, IncidentKind } from './state.ts';
import type { CauseId, Verdict } from './verdict.ts';

/**
 * Everything that can happen to an incident. Events are facts: they are appended, never changed,
 * and the timeline, the thread, the report and the figures are all read off them.
 */
export type Event = { readonly at: string } & (
  | {
      readonly type: 'IncidentOpened';
      readonly kind: IncidentKind;
      readonly id: string;
      readonly pool?: string;
      readonly channel: string;
      readonly title: string;
      readonly severity: string;
      /** From when the escalation counts: the earliest `startsAt` of the firing alerts. */
      readonly startsAt: string;
      readonly source: string;
      /** Of a warning: what the samples said. */
      readonly warning?: EarlyWarning;
    }
  | { readonly type: 'AlertFired'; readonly alert: KnownAlert }
  | {
      readonly type: 'AlertCleared';
      readonly fingerprint: string;
      readonly name: string;
      readonly endsAt: string;
    }
  | { readonly type: 'IncidentReopened'; readonly startsAt: string; readonly why: string }
  | {
      readonly type: 'ThreadOpened';
      readonly channel: string;
      readonly ts: string;
      readonly permalink?: string;
    }
  /** Somebody wants the thread now, ahead of those that wait for Slack too. */
  | { readonly type: 'ThreadWanted'; readonly by: PersonRef }
  | {
      readonly type: 'Acknowledged';
      readonly by: PersonRef;
      /** The level whose page was acknowledged, where that was done at PagerDuty. */
      readonly level?: number;
    }
  /** Who had acknowledged at PagerDuty let it run out there, or gave it back: nobody has it. */
  | { readonly type: 'Unacknowledged'; readonly level: number }
  | { readonly type: 'StepStarted'; readonly step: number; readonly run: number; readonly by: PersonRef }
  | {
      readonly type: 'StepFinished';
      readonly step: number;
      readonly run: number;
      readonly ok: boolean;
      readonly ms: number;
      readonly findings: StepFindings;
      readonly reading?: PoolReading;
      /** What the step's checks measured: the evidence for the verdict. */
      readonly facts?: Partial<Facts>;
    }
  | {
      readonly type: 'VerdictReached';
      readonly verdict: Verdict;
      /** False: some checks had not come back, and the verdict may still change. */
      readonly complete: boolean;
    }
  | {
      readonly type: 'RootCauseNamed';
      readonly by: PersonRef;
      /** Absent where a person wrote the cause down in words of their own. */
      readonly cause?: CauseId;
      readonly title: string;
      /** Whether it is what the verdict had named first. */
      readonly confirmed: boolean;
    }
  | {
      /** A picture or a file stands in the thread; without `fileId` Slack takes no files from us. */
      readonly type: 'FileShared';
      readonly file: SharedFile;
      readonly firing: number;
      readonly fileId?: string;
      /** What stands there instead of a picture. */
      readonly instead?: string;
    }
  | { readonly type: 'RemedyRequested'; readonly request: RemedyRequest }
  | {
      readonly type: 'RemedyApproved';
      readonly request: string;
      readonly by: PersonRef;
      readonly enough: boolean;
    }
  | { readonly type: 'RemedyDenied'; readonly request: string; readonly by: PersonRef }
  | {
      /** It was approved, waited for its turn, and was taken back before it began; or its incident ended before. */
      readonly type: 'RemedyCancelled';
      readonly request: string;
      readonly by: PersonRef;
      /** The incident was resolved, so nobody decided about this one request. */
      readonly because?: 'resolved';
    }
  | { readonly type: 'RemedyExpired'; readonly request: string }
  | { readonly type: 'RemedyStarted'; readonly request: string }
  | {
      readonly type: 'RemedyEnded';
      readonly request: string;
      readonly outcome: RemedyOutcome;
      readonly detail: string;
      readonly ms?: number;
      readonly before?: PoolReading;
      readonly after?: PoolReading;
      /** Nobody could tell whether it was done: what can be undone is undone as if it had been. */
      readonly unknown?: true;
    }
  /** What a remedy changed is to be as it was before; by Lifeguard when its time is up. */
  | { readonly type: 'UndoAsked'; readonly request: string; readonly by: PersonRef }
  | { readonly type: 'UndoStarted'; readonly request: string }
  /** It could not be undone yet, and is being tried again. */
  | { readonly type: 'UndoDelayed'; readonly request: string; readonly detail: string }
  | {
      readonly type: 'UndoEnded';
      readonly request: string;
      readonly outcome: RemedyOutcome;
      readonly detail: string;
    }
  /** The pool is below the line again, by this remedy as far as can be told. */
  | {
      readonly type: 'Mitigated';
      readonly request: string;
      readonly before?: PoolReading;
      readonly after: PoolReading;
    }
  | {
      /** The remedy was carried out, and the pool did not get below the line in time. */
      readonly type: 'FixFailed';
      readonly request: string;
      readonly before?: PoolReading;
      /** Absent where the pool could not be measured. */
      readonly after?: PoolReading;
    }
  | {
      readonly type: 'LevelReached';
      readonly level: number;
      readonly name: string;
      readonly why: 'due' | 'asked' | 'at_once';
      readonly condition?: AtOnceCondition;
      readonly by?: PersonRef;
      readonly pages: boolean;
      readonly channel?: string;
      /** How long after its due time the level was reached, when that is more than a moment. */
      readonly lateMs?: number;
      /** Of a level that fell due: what would have spared it, and how long after the start it stands in the policy. */
      readonly unless?: Unless;
      readonly afterMs?: number;
      /** Of a level that was asked for: why, in the words of the one who asked. */
      readonly reason?: string;
    }
  | {
      readonly type: 'Paged';
      readonly level: number;
      readonly dedupKey: string;
      /** `fallback`: by the level's second routing key; `moved`: an incident that was there was moved up. */
      readonly way?: PageWay;
      /** The thread had said that the page had not gone out. */
      readonly afterFailure?: boolean;
    }
  | { readonly type: 'PageFailed'; readonly level: number; readonly detail: string; readonly final: boolean }
  /** Something was done to a level's page at PagerDuty, and not by us. */
  | ({
      readonly type: 'PageMoved';
      /** Whether the thread tells it by a message; if not, another event of the same moment tells it. */
      readonly told: boolean;
    } & PageNotice)
  /** The page of a level was given to the person whom the incident was handed to; `name`: theirs at PagerDuty. */
  | { readonly type: 'PageAssigned'; readonly level: number; readonly to: PersonRef; readonly name: string }
  /** It could not be. */
  | { readonly type: 'PageNotAssigned'; readonly level: number; readonly to: PersonRef; readonly why: string }
  /** `evidence`: what the checks met; absent where a person says so. */
  | { readonly type: 'DataCorruptionSuspected'; readonly by: PersonRef; readonly evidence?: string }
  | {
      /** The pool's database has not answered on the connection that is held for it. */
      readonly type: 'DatabaseUnresponsive';
      readonly since: string;
      readonly detail?: string;
      /** Not for the first time in this firing: it is on the timeline, and the thread is spared. */
      readonly again?: boolean;
    }
  | { readonly type: 'DatabaseResponsive'; readonly since: string; readonly again?: boolean }
  | {
      /** More than one service is in trouble: told apart by labels, or by related alerts that fire too. */
      readonly type: 'ServicesAffected';
      readonly services: readonly string[];
      readonly alerts: readonly string[];
    }
  /** The next level falls due later than it would have. */
  | {
      readonly type: 'Snoozed';
      readonly level: number;
      readonly until: string;
      readonly by: PersonRef;
      readonly reason: string;
    }
  /** A condition that skips the wait is met: nothing is put off any more. */
  | { readonly type: 'SnoozeEnded'; readonly condition: AtOnceCondition }
  /** `from`: who had it; absent where nobody did. */
  | {
      readonly type: 'HandedOver';
      readonly to: PersonRef;
      readonly by: PersonRef;
      readonly from?: PersonRef;
    }
  | {
      readonly type: 'Resolved';
      readonly how: 'alerts' | 'person' | 'request' | 'incident';
      readonly by?: PersonRef;
      /** The level whose page was resolved, where that was done at PagerDuty. */
      readonly level?: number;
    }
  /** The incident is over, and this is left to do. */
  | { readonly type: 'FollowUpsListed'; readonly items: readonly FollowUp[] }
  | {
      readonly type: 'FollowUpAssigned';
      readonly item: string;
      readonly to: PersonRef;
      /** `YYYY-MM-DD`. */
      readonly due?: string;
      readonly by: PersonRef;
    }
  | { readonly type: 'FollowUpClosed'; readonly item: string; readonly by: PersonRef }
  /** Its day has come, and it is not done. */
  | { readonly type: 'FollowUpReminded'; readonly item: string }
  | { readonly type: 'ActRefused'; readonly act: string; readonly by: PersonRef; readonly why: string }
  | { readonly type: 'EffectDied'; readonly effect: string; readonly kind: string; readonly detail: string }
);

/** An event of one kind. */
export type EventOf<T extends Event['type']> = Extract<Event, { type: T }>;

/** What a diagnosis step found, ready to be shown; texts are masked before they get here. */
export interface StepFindings {
  readonly headline: string;
  /** Short lines below the headline. */
  readonly lines: readonly string[];
  readonly sessions?: readonly SessionRow[];
  /** How many more sessions there were than are kept in `sessions`. */
  readonly more?: number;
  /** Why the step could not be completed, with the statement or setting that mends it. */
  readonly mend?: string;
  /** Who waits for whom, drawn as a tree: one entry a line, its indentation part of it. */
  readonly tree?: readonly string[];
  /** The worst that a check of the step came to; absent where nothing was judged. */
  readonly verdict?: 'ok' | 'warn' | 'fail';
  /** All of a result that was cut for the message: text for a file beside it. */
  readonly rest?: { readonly name: string; readonly text: string };
}

/** One session of the database, as a step shows it. */
export interface SessionRow {
  readonly pid: number;
  readonly backendStart: string;
  readonly queryStart?: string;
  readonly application: string;
  readonly user: string;
  readonly client: string;
  readonly state: string;
  readonly wait?: string;
  /** Milliseconds in the present query, or in the transaction when it is idle in one. */
  readonly ageMs: number;
  readonly query: string;
  /** How many sessions wait for it, directly or through others. */
  readonly blocks: number;
  /** Never ended, so nobody is offered to: a superuser's. */
  readonly isProtected?: true;
}
