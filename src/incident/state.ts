import type { KnownAlert } from './alerts.ts';
import type { SharedFile } from './effects.ts';
import type { StepFindings } from './events.ts';
import type { Facts } from './facts.ts';
import type { PageWay } from './pages.ts';
import type { PersonRef } from './people.ts';
import type { AtOnceCondition, PlannedFollowUp } from './policy.ts';
import type { PoolReading, RemedyRequest } from './remedy.ts';
import type { Verdict } from './verdict.ts';

/** A level that has been reached in the present firing. */
export interface ReachedLevel {
  readonly level: number;
  readonly name: string;
  readonly at: string;
  readonly why: 'due' | 'asked' | 'at_once';
  readonly condition?: AtOnceCondition;
  readonly pages: boolean;
  readonly channel?: string;
  readonly page?: 'sent' | 'failing' | 'failed';
  readonly pagedAt?: string;
  readonly pageWay?: PageWay;
  /** Its page has once not gone out in time, and those who should have been paged were called in Slack. */
  readonly alarmed?: boolean;
  /** Who has its page at PagerDuty, as that told last. */
  readonly assignees?: readonly string[];
  /** When we last gave its page to somebody, and to whom by their name at PagerDuty; without one we could not. */
  readonly assigned?: { readonly at: string; readonly name?: string };
  /** When PagerDuty last acknowledged, gave back, resolved or reopened its page: what is older came late. */
  readonly movedAt?: string;
}

/** A level that was postponed. */
export interface Snooze {
  readonly level: number;
  /** ISO 8601. */
  readonly until: string;
  readonly by: PersonRef;
  readonly at: string;
  readonly reason: string;
  /** A condition that skips the wait was met since: nothing is put off any more. */
  readonly isOver?: boolean;
}

/** The person who has the incident. */
export interface Owner {
  readonly person: PersonRef;
  readonly at: string;
  /** Of a hand-over: by whom, and who had it before. */
  readonly handedBy?: PersonRef;
  readonly from?: PersonRef;
}

/** A diagnosis step as it stands: the last run and what it found. */
export interface StepState {
  readonly step: number;
  readonly run: number;
  readonly running: boolean;
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly ok?: boolean;
  readonly ms?: number;
  readonly findings?: StepFindings;
  /** What the last run measured. */
  readonly facts?: Partial<Facts>;
}

/** One item of the checklist after an incident. */
export interface FollowUp extends PlannedFollowUp {
  /** `f1`, `f2`… in the order of the runbook. */
  readonly id: string;
  readonly assignee?: PersonRef;
  /** The day by which it is to be done, `YYYY-MM-DD`. */
  readonly due?: string;
  readonly closed?: { readonly by: PersonRef; readonly at: string };
}

/**
 * - `incident`: alerts opened it
 * - `request`: a remedy was asked for while no incident was open
 * - `warning`: the samples say that the pool fills up; nothing is wrong yet
 * - `storm`: many incidents open into one channel, which one message tells
 */
export type IncidentKind = 'incident' | 'request' | 'warning' | 'storm';

/** How full a pool is, and when it will be full if it goes on like this. */
export interface EarlyWarning {
  /** Per cent of the usable connections. */
  readonly percent: number;
  readonly used: number;
  readonly usable: number;
  /** ISO 8601; absent when the line is flat or too short to tell. */
  readonly fullAt?: string;
}

/** A file of the thread. */
export interface FileState {
  readonly firing: number;
  readonly fileId?: string;
  readonly instead?: string;
}

/** An incident as its events add up. Rebuilt by `evolve`, never changed in place. */
export interface Incident {
  readonly id: string;
  readonly kind: IncidentKind;
  /** Of a warning: what the samples said. */
  readonly warning?: EarlyWarning;
  /** How many events have been applied; the sequence number of the last one. */
  readonly seq: number;
  readonly status: 'open' | 'resolved';
  readonly pool?: string;
  readonly channel: string;
  readonly title: string;
  readonly severity: string;
  readonly openedAt: string;
  /** From when the escalation counts. */
  readonly startsAt: string;
  /** 1, and one more with each reopening; levels and acknowledgement begin anew with it. */
  readonly firing: number;
  readonly alerts: Readonly<Record<string, KnownAlert>>;
  readonly thread?: { readonly channel: string; readonly ts: string; readonly permalink?: string };
  /** Who did not want to wait for the thread. */
  readonly threadWanted?: { readonly by: PersonRef; readonly at: string };
  readonly acknowledged?: {
    readonly by: PersonRef;
    readonly at: string;
    /** The level whose page was acknowledged, where that was done at PagerDuty. */
    readonly level?: number;
  };
  /** Who has it, since the last acknowledgement or hand-over. */
  readonly owner?: Owner;
  /** What is most likely wrong, by the checks of the present firing. */
  readonly verdict?: Verdict & { readonly at: string; readonly complete: boolean };
  /** Confirmed or named by a person: that is what `root_cause_identified` means. */
  readonly rootCause?: { readonly title: string; readonly by: PersonRef; readonly at: string };
  readonly mitigatedAt?: string;
  /** By which request, and what it did for the pool. */
  readonly mitigation?: {
    readonly request: string;
    readonly before?: PoolReading;
    readonly after: PoolReading;
    /** The note that tells it. */
    readonly note?: number;
  };
  readonly dataCorruption?: { readonly by: PersonRef; readonly at: string; readonly evidence?: string };
  /** The database does not answer just now. */
  readonly unresponsive?: { readonly since: string; readonly detail?: string };
  /** How often it has fallen silent in the present firing. */
  readonly silences?: number;
  /** More than one service is in trouble; found out once in a firing. */
  readonly services?: { readonly services: readonly string[]; readonly alerts: readonly string[] };
  /** What was postponed in the present firing, in order. */
  readonly snoozes?: readonly Snooze[];
  readonly levels: readonly ReachedLevel[];
  readonly steps: Readonly<Record<number, StepState>>;
  /** The files that stand in the thread, or could not: of each the last. */
  readonly files: Readonly<Partial<Record<SharedFile, FileState>>>;
  readonly requests: Readonly<Record<string, RemedyRequest>>;
  readonly reading?: PoolReading;
  readonly resolved?: {
    readonly at: string;
    /** `incident`: of a warning, that an incident of its pool has opened. */
    readonly how: 'alerts' | 'person' | 'request' | 'incident';
    readonly by?: PersonRef;
  };
  /** What is left to do after the incident; absent until it is resolved for the first time. */
  readonly followUps?: readonly FollowUp[];
  /** The last notices of PagerDuty that were taken in, by their ids. */
  readonly notices?: readonly string[];
  /** Sequence numbers of the events that have a message of their own in the thread. */
  readonly notes: readonly number[];
}

/** The highest level in force; 0 before the first. */
export function levelInForce(incident: Incident): number {
  return incident.levels.reduce((highest, reached) => Math.max(highest, reached.level), 0);
}

/** Who has the incident, and since when; one of an older store was acknowledged and knows no owner. */
export function ownerOf({ owner, acknowledged }: Incident): Owner | undefined {
  if (owner !== undefined) return owner;
  return acknowledged === undefined ? undefined : { person: acknowledged.by, at: acknowledged.at };
}

/** The alerts that fire now. */
export function firingAlerts(incident: Incident): readonly KnownAlert[] {
  return Object.values(incident.alerts).filter((alert) => alert.firing);
}
