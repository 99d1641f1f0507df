import type { Action } from '../incident/remedy.ts';
import type { BuiltinCall } from './builtin.ts';
import type { RunbookFault } from './fault.ts';

/** A runbook, read and checked: what the alert means, how it is diagnosed and what mends it. */
export interface Runbook {
  /** The file's name without folder and `.md`. */
  readonly name: string;
  readonly title: string;
  readonly alert: RunbookAlert;
  /** Prose, here and below: simple Markdown, paragraphs with a blank line between them. */
  readonly description: string;
  readonly impact: readonly string[];
  readonly symptoms: readonly string[];
  /** Numbered from 1 without a gap; at least one. */
  readonly steps: readonly RunbookStep[];
  readonly resolutions: Readonly<Record<Horizon, readonly Resolution[]>>;
  readonly escalation: RunbookEscalation;
  readonly prevention: readonly Prevention[];
  readonly rootCauses: readonly RootCauseGroup[];
  readonly relatedAlerts: readonly RelatedAlert[];
  readonly links: readonly RunbookLink[];
  readonly changelog: readonly Change[];
  /** What is allowed, but may not do what its author thinks: a shell block, a step without checks. */
  readonly notes: readonly RunbookFault[];
}

/** The alert that the runbook answers. */
export interface RunbookAlert {
  /** `alertname`s; at least one. */
  readonly names: readonly string[];
  readonly severity: AlertSeverity;
  /** Per cent of the usable connections. */
  readonly threshold: number;
  /** For how long the pool must be above the threshold. */
  readonly durationMs: number;
  readonly category?: string;
}

/** PagerDuty's severities (Events API v2, `payload.severity`). */
export const ALERT_SEVERITIES = ['critical', 'error', 'warning', 'info'] as const;

/** One of {@link ALERT_SEVERITIES}. */
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

/** One step of the diagnosis. */
export interface RunbookStep {
  /** From 1; the button `Run step N` bears it. */
  readonly number: number;
  readonly title: string;
  /** What the step is for and how its findings are read. Prose, without the blocks that run. */
  readonly intent: string;
  /** In the order of the file; empty for a step that only a person can take. */
  readonly checks: readonly CheckCall[];
}

/** What a step runs. */
export type CheckCall = BuiltinCall | SqlCall | PromqlCall | LogsCall;

/** One reading statement of the user's own. */
export interface SqlCall extends OwnCall {
  readonly kind: 'sql';
  /** Without its semicolon. */
  readonly statement: string;
  /** The column whose greatest value over all rows (smallest, where less is worse) meets the thresholds. */
  readonly column?: string;
}

/** One instant query of the user's own. */
export interface PromqlCall extends OwnCall {
  readonly kind: 'promql';
  readonly expression: string;
}

/** A search of the user's own in the application's log; its value is the number of lines that match. */
export interface LogsCall extends OwnCall {
  readonly kind: 'logs';
  /** Plain text, matched anywhere in a line, upper or lower case alike. */
  readonly patterns: readonly string[];
  /** How many of the last lines are searched. */
  readonly lines: number;
}

interface OwnCall {
  readonly title: string;
  /** Where the block begins. */
  readonly line: number;
  readonly timeoutMs: number;
  readonly thresholds?: Thresholds;
}

/** From which value a check warns or fails; at least one of the two. */
export interface Thresholds {
  readonly warn?: number;
  readonly fail?: number;
  /** `above`: a value that reaches the threshold or passes it is bad. `below`: one that falls to it or under. */
  readonly worse: 'above' | 'below';
}

/** How soon a resolution is to be had. */
export type Horizon = 'immediate' | 'shortTerm' | 'longTerm';

/** Something that mends the trouble. */
export interface Resolution {
  readonly title: string;
  /** The remedy that a button of the incident offers for it, if there is one. */
  readonly remedy?: Action;
  readonly prose: string;
  /** How long its horizon allows, where the heading says so: `Immediate (under 2 minutes)`. */
  readonly withinMs?: number;
}

/** When and to whom an incident goes on. */
export interface RunbookEscalation {
  readonly conditions: readonly string[];
  readonly levels: readonly RunbookLevel[];
  readonly contacts: readonly { readonly who: string; readonly where: string }[];
}

/** A level of the escalation. The levels in force are those of lifeguard.yaml; these are for people. */
export interface RunbookLevel {
  readonly level: number;
  readonly name: string;
  /** When the level begins, from the alert. */
  readonly fromMs: number;
  /** When the next one begins; left out for the last. */
  readonly toMs?: number;
  /** What brings the level in at once, such as `data corruption`. */
  readonly orWhen?: string;
}

/** A habit or a checklist that keeps the trouble away. */
export interface Prevention {
  readonly title: string;
  readonly items: readonly string[];
}

/** Root causes of one kind. */
export interface RootCauseGroup {
  readonly group: string;
  readonly causes: readonly string[];
}

/** An alert that often comes with this one. */
export interface RelatedAlert {
  readonly name: string;
  readonly why: string;
}

/** Where to read on: an http or https address. */
export interface RunbookLink {
  readonly title: string;
  readonly url: string;
}

/** One entry of the changelog. */
export interface Change {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly what: string;
}
