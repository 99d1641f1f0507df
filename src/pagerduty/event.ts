/** How bad it is, in PagerDuty's words. */
export type Severity = 'critical' | 'error' | 'warning' | 'info';

/** A page: opens an alert, or adds to the one that is open under the same `dedupKey`. */
export interface TriggerEvent {
  readonly action: 'trigger';
  /** The integration key of the service to page, 32 characters. */
  readonly routingKey: string;
  readonly dedupKey: string;
  readonly summary: string;
  /** What is affected, preferably a host name. */
  readonly source: string;
  readonly severity: Severity;
  readonly component?: string;
  readonly group?: string;
  readonly class?: string;
  /** Shown with the alert; must be JSON. Shortened when the whole would grow too large. */
  readonly customDetails?: Readonly<Record<string, unknown>>;
  /** Links that are not http or https are left out. */
  readonly links?: readonly { readonly href: string; readonly text?: string }[];
  /** Images that are not served by https are left out. */
  readonly images?: readonly { readonly src: string; readonly href?: string; readonly alt?: string }[];
  readonly client?: string;
  readonly clientUrl?: string;
  /** ISO 8601. */
  readonly timestamp?: string;
}

/** What follows a page. PagerDuty drops it when no alert is open under that key. */
export interface FollowUpEvent {
  readonly action: 'acknowledge' | 'resolve';
  /** The same key that the page went out by: PagerDuty drops what comes by another. */
  readonly routingKey: string;
  readonly dedupKey: string;
}

/** An event for PagerDuty's Events API v2. */
export type PagerEvent = TriggerEvent | FollowUpEvent;
