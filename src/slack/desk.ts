import type { Loop } from '../effects/loop.ts';
import type { StepFindings } from '../incident/events.ts';
import type { Actor } from '../incident/people.ts';
import type { Policy } from '../incident/policy.ts';
import type { Action } from '../incident/remedy.ts';
import type { CauseId, Verdict } from '../incident/verdict.ts';
import type { Logger } from '../observe/log.ts';
import type { Activity } from '../pool/activity.ts';
import type { LockGraph } from '../pool/locks.ts';
import type { Wish } from '../remedies/registry.ts';
import type { NoPlan, RemedyPlan } from '../remedies/remedy.ts';
import type { Outbox } from '../store/outbox.ts';
import type { Store } from '../store/store.ts';

/** A pool as people at Slack can ask about it. */
export interface PoolDesk {
  readonly name: string;
  readonly channel: string;
  /** What is done to the application and the pool's configuration has a way for. */
  readonly configured: ReadonlySet<Action>;
  /** What the server holds now. */
  readonly activity: () => Promise<Activity>;
  /** Who waits for whom. */
  readonly locks: () => Promise<LockGraph>;
  /** Runs all steps of the pool's runbook, for no incident. */
  readonly diagnose: () => Promise<Diagnosed>;
  /** A fresh look at what a remedy would be aimed at; a sentence when there is nothing to be done. */
  readonly preview: (wish: Wish) => Promise<RemedyPlan | NoPlan>;
}

/** What a diagnosis without an incident brings: the steps' findings by their titles, and the verdict. */
export interface Diagnosed {
  readonly steps: readonly {
    readonly number: number;
    readonly title: string;
    readonly findings: StepFindings;
  }[];
  readonly verdict: Verdict;
  /** Milliseconds, all steps together. */
  readonly ms: number;
}

/** Who is on call at PagerDuty, or why that is not known. */
export type OnCallNow =
  | { readonly people: readonly OnCallPerson[] }
  | {
      /** A sentence for people. */
      readonly trouble: string;
    };

/** Somebody who is on call now. */
export interface OnCallPerson {
  readonly name: string;
  /** The level of the escalation policy at PagerDuty, from 1. */
  readonly level: number;
  readonly policy: { readonly name: string };
  /** ISO 8601; absent when the shift does not end. */
  readonly until?: string;
}

/** Everything the listeners work with. */
export interface Desk {
  readonly loop: Loop;
  readonly store: Store;
  readonly outbox: Outbox;
  readonly pools: ReadonlyMap<string, PoolDesk>;
  /** Every cause that can be named. */
  readonly causes: readonly { readonly id: CauseId; readonly title: string }[];
  /** The rules for a pool's incidents; without a name, for those of no pool. */
  readonly policy: (pool: string | undefined) => Policy;
  /** The names of those who are on call for a level of a pool; `undefined` where that is not known. */
  readonly onCallFor: (pool: string | undefined, level: number) => readonly string[] | undefined;
  /** Who is on call at PagerDuty now; `undefined` where its REST API is not configured. */
  readonly onCall: () => Promise<OnCallNow> | undefined;
  /** The rules by which an act of no incident is allowed. */
  readonly access: Policy['access'];
  readonly groupsOf: (user: string) => Promise<Actor['groups']>;
  readonly log: Logger;
  readonly onInteraction: (action: string, outcome: 'done' | 'refused' | 'failed', ackMs: number) => void;
}
