import type { PoolReading, RemedyOutcome } from '../incident/remedy.ts';

/** A postmortem as it can be read off the events: a draft, for people to finish. */
export interface Report {
  readonly incident: string;
  readonly title: string;
  readonly severity: string;
  readonly pool?: string;
  readonly status: 'open' | 'resolved';
  /** The thread, where Slack gave a link to it. */
  readonly thread?: string;
  /** ISO 8601, as all times here; from when the escalation counts. */
  readonly startsAt: string;
  readonly openedAt: string;
  readonly resolvedAt?: string;
  /** Who resolved it; absent when all alerts cleared by themselves. */
  readonly resolvedBy?: string;
  /** 1, and one more with each reopening. */
  readonly firings: number;
  readonly durations: Durations;
  /** Sentences: what happened, why, and what ended it. */
  readonly summary: readonly string[];
  readonly cause?: Cause;
  readonly remedies: readonly RemedyDone[];
  readonly escalation: readonly LevelCalled[];
  readonly timeline: readonly Moment[];
  /** How full the pool was, wherever it was measured, oldest first. */
  readonly readings: readonly PoolReading[];
  readonly followUps: readonly FollowUpLeft[];
}

/** Milliseconds from the beginning; absent what never came. */
export interface Durations {
  /** From the alert's `startsAt` until Lifeguard had it. */
  readonly detectMs: number;
  readonly acknowledgeMs?: number;
  /** Until the first verdict. */
  readonly verdictMs?: number;
  /** Until the pool was below the line by a remedy, the one that held. */
  readonly mitigateMs?: number;
  readonly resolveMs?: number;
}

/** The root cause: a person's word where there is one, else the last verdict's. */
export interface Cause {
  readonly title: string;
  /** Who confirmed or named it; absent: it is Lifeguard's own verdict. */
  readonly by?: string;
  /** Of a verdict: the share of like ones that were right, 0 to 1. */
  readonly probability?: number;
  readonly evidence: readonly string[];
  readonly advice?: string;
  /** What else the evidence spoke for, likeliest first. */
  readonly others: readonly { readonly title: string; readonly probability: number }[];
}

/** A remedy that was asked for, and what came of it. */
export interface RemedyDone {
  readonly title: string;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly reason?: string;
  readonly approvedBy: readonly string[];
  /** `helped`: the pool got below the line by it. */
  readonly end: 'helped' | 'did_not_help' | 'not_measured' | 'not_done' | 'open';
  readonly outcome?: RemedyOutcome;
  /** One sentence: what was done, or why nothing was. */
  readonly detail: string;
  readonly endedAt?: string;
  readonly before?: PoolReading;
  readonly after?: PoolReading;
  /** Of a change that can be undone: where that stands. */
  readonly undone?: string;
}

/** A level of the escalation that was reached. */
export interface LevelCalled {
  readonly level: number;
  readonly name: string;
  readonly at: string;
  /** A few words. */
  readonly why: string;
  /** `sent`: PagerDuty took it; `none`: the level pages nobody. */
  readonly page: 'sent' | 'not_sent' | 'none';
}

/** One line of the timeline. */
export interface Moment {
  readonly at: string;
  readonly text: string;
}

/** What is left to do. */
export interface FollowUpLeft {
  readonly title: string;
  readonly assignee?: string;
  /** `YYYY-MM-DD`. */
  readonly due?: string;
  readonly done: boolean;
}
