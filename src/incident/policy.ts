import type { Facts } from './facts.ts';
import type { Verdict } from './verdict.ts';

/** What makes a level unnecessary at the moment it falls due; a resolved incident always does. */
export type Unless = 'acknowledged' | 'root_cause_identified' | 'mitigated' | 'resolved';

/** A condition that skips the wait. */
export type AtOnceCondition =
  | 'data_corruption'
  | 'database_unresponsive'
  | 'multiple_services'
  | 'fix_failed';

/** One rung of the escalation; rungs are numbered from 1. */
export interface Level {
  readonly name: string;
  /** Milliseconds after the alert's `startsAt`. */
  readonly afterMs: number;
  readonly unless?: Unless;
  readonly channel?: string;
  /** Whether PagerDuty is paged at this level (how, only the PagerDuty room knows). */
  readonly pages: boolean;
  /** Whether there is a second routing key for when PagerDuty does not take the page. */
  readonly hasFallback?: boolean;
  /** Whom Slack calls when the page does not go out: ids of users and groups, `here` or `channel`. */
  readonly mention?: readonly string[];
}

/** A fix counts as one when the pool is below so many per cent within this time. */
export interface VerifyRules {
  readonly withinMs: number;
  readonly healthyBelow: number;
}

/** Something to be done once the incident is over. */
export interface PlannedFollowUp {
  readonly title: string;
  readonly horizon: FollowUpHorizon;
}

/** How soon it is to be done, in the runbook's words. */
export type FollowUpHorizon = 'short_term' | 'long_term' | 'prevention';

/** The rules by which an incident is decided. Taken from the configuration at the moment of each command. */
export interface Policy {
  readonly access: {
    /** Left out: every member. */
    readonly responders?: readonly string[];
    /** Empty: nobody. */
    readonly approvers: readonly string[];
    /** Actions that need two approvers, neither of them the requester. */
    readonly twoPerson: readonly string[];
    readonly approvalTtlMs: number;
  };
  readonly escalation: {
    readonly hotline?: string;
    readonly levels: readonly Level[];
    readonly atOnce: Partial<Record<AtOnceCondition, number | 'next'>>;
    /** PagerDuty's REST API can be used: what is done is noted on the pages, and a hand-over reassigns them. */
    readonly rest?: boolean;
  };
  /** Alerts that mean, beside another one, that more than the pool is in trouble; left out: `RELATED_ALERTS`. */
  readonly relatedAlerts?: readonly string[];
  /** A resolved incident takes a new alert of the same pool into its thread for this long. */
  readonly reopenWithinMs: number;
  /** The Slack channel in which the thread opens. */
  readonly channel: string;
  /** The pool the alerts belong to; absent for alerts that match none. */
  readonly pool?: {
    readonly name: string;
    readonly threshold: number;
    /** The numbers of the diagnosis steps in the pool's runbook. */
    readonly steps: readonly number[];
    /** What the runbook wants done after the incident; left out: nothing. */
    readonly followUps?: readonly PlannedFollowUp[];
    /** When a fix counts as one; left out, no fix is watched. */
    readonly verify?: VerifyRules;
  };
  /** Ranks the root causes that the facts speak for. Pure; left out, nobody names a cause but people. */
  readonly diagnose?: (facts: Facts) => Verdict;
}
