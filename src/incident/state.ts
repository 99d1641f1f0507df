import type { KnownAlert } from './alerts.ts';
import type { StepFindings } from './events.ts';
import type { PersonRef } from './people.ts';
import type { AtOnceCondition } from './policy.ts';
import type { PoolReading, RemedyRequest } from './remedy.ts';

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
}

/** An incident as its events add up. Rebuilt by `evolve`, never changed in place. */
export interface Incident {
  readonly id: string;
  readonly kind: 'incident' | 'request';
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
  readonly acknowledged?: { readonly by: PersonRef; readonly at: string };
  readonly rootCause?: string;
  readonly mitigatedAt?: string;
  readonly dataCorruption?: { readonly by: PersonRef; readonly at: string };
  readonly levels: readonly ReachedLevel[];
  readonly steps: Readonly<Record<number, StepState>>;
  readonly requests: Readonly<Record<string, RemedyRequest>>;
  readonly reading?: PoolReading;
  readonly resolved?: {
    readonly at: string;
    readonly how: 'alerts' | 'person' | 'request';
    readonly by?: PersonRef;
  };
  /** Sequence numbers of the events that have a message of their own in the thread. */
  readonly notes: readonly number[];
}

/** The highest level in force; 0 before the first. */
export function levelInForce(incident: Incident): number {
  return incident.levels.reduce((highest, reached) => Math.max(highest, reached.level), 0);
}

/** The alerts that fire now. */
export function firingAlerts(incident: Incident): readonly KnownAlert[] {
  return Object.values(incident.alerts).filter((alert) => alert.firing);
}
