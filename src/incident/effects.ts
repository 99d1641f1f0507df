import type { PersonRef } from './people.ts';

/**
 * What must follow from an event, as data. Effects are committed together with the events they
 * follow from, and are owed until their handler reports an outcome.
 */
export type EffectSpec = {
  /**
   * Effects of one lane run one after the other, in the order they were committed, so that two
   * redraws of a message or a page and its resolve never overtake each other. Without a lane an
   * effect runs on its own.
   */
  readonly lane?: string;
  /** Not before this time (ISO 8601); at once when absent. */
  readonly due?: string;
  /** Who goes first where the outside system takes only so much at a time; 2 when absent. */
  readonly urgency?: Urgency;
} & EffectWork;

/**
 * - 0: the answer to a person, and the summary of a storm
 * - 1: a new thread, its verdict, a call for those whom a page has not reached
 * - 2: a notice
 * - 3: how things stand: steps, redrawings, pictures
 */
export type Urgency = 0 | 1 | 2 | 3;

/** The kinds of work, each with its payload. */
export type EffectWork =
  /** Post the message of a slot, or bring it up to date if it was posted before. */
  | { readonly kind: 'slack.message'; readonly payload: { readonly slot: Slot } }
  | { readonly kind: 'check.step'; readonly payload: { readonly step: number; readonly run: number } }
  | { readonly kind: 'slack.file'; readonly payload: { readonly file: SharedFile; readonly firing: number } }
  | { readonly kind: 'remedy.execute'; readonly payload: { readonly request: string } }
  /** Watch the pool until the remedy has helped, or its time is up. */
  | { readonly kind: 'remedy.verify'; readonly payload: { readonly request: string } }
  /** Set what a remedy changed back to what it was. */
  | { readonly kind: 'remedy.undo'; readonly payload: { readonly request: string } }
  | {
      readonly kind: 'pagerduty.event';
      readonly payload: { readonly level: number; readonly action: 'trigger' | 'acknowledge' | 'resolve' };
    }
  /** Note on the page of a level what the event with the sequence number tells. */
  | { readonly kind: 'pagerduty.note'; readonly payload: { readonly level: number; readonly seq: number } }
  /** Give the page of a level to the person whom the incident was handed to. */
  | {
      readonly kind: 'pagerduty.assign';
      readonly payload: { readonly level: number; readonly to: PersonRef };
    }
  | { readonly kind: 'timer'; readonly payload: TimerPayload };

/** What a timer does when it rings: it gives the incident a command that looks at the time. */
export type TimerPayload =
  | { readonly command: 'CheckEscalation' }
  | { readonly command: 'ReachVerdict' }
  | { readonly command: 'RemindFollowUp'; readonly item: string; readonly day: string }
  | { readonly command: 'ExpireRequest'; readonly request: string }
  | { readonly command: 'RevertRemedy'; readonly request: string };

/**
 * A file in the thread.
 *
 * - `utilisation`, `traffic`: the chart of the last hour
 * - `mitigation-rN`: the pool around the remedy that made it healthy
 * - `rest-N`: all of what the message of step N had to cut
 */
export type SharedFile = 'utilisation' | 'traffic' | `rest-${number}` | `mitigation-${string}`;

/** A kind of effect. */
export type EffectKind = EffectWork['kind'];

/**
 * The place of one message of an incident. Each slot has at most one message; what it shows is a
 * function of the incident as it stands.
 *
 * - `parent`: the thread's first message
 * - `verdict`: what is most likely wrong, with the evidence
 * - `step-N`, `request-rN`: a diagnosis step, a remedy request
 * - `follow-ups`: what is left to do after the incident
 * - `note-N`: what the event with sequence number N tells
 * - `level-F-N`: the announcement in the channel of level N, in the F-th firing
 * - `alarm-F-N`: the call in that channel for those whom the page has not reached
 */
export type Slot =
  | 'parent'
  | 'verdict'
  | `step-${number}`
  | `request-${string}`
  | 'follow-ups'
  | `note-${number}`
  | `level-${number}-${number}`
  | `alarm-${number}-${number}`;

/** An effect as the store owes it. */
export type Effect = EffectWork & {
  readonly id: string;
  readonly incident: string;
  readonly lane?: string;
  /** 1 on the first try. */
  readonly attempt: number;
  /** ISO 8601, when the effect was committed. */
  readonly createdAt: string;
  /** ISO 8601, from when on it was to be done; later than `createdAt` after it was put off. */
  readonly dueAt?: string;
  readonly urgency?: Urgency;
  /** The budget that it has been given its share of, by its key, and when, by the clock of `performance.now()`. */
  readonly granted?: { readonly budget: string; readonly at: number };
};

/** An effect of one kind. */
export type EffectOf<K extends EffectKind> = Extract<Effect, { kind: K }>;
