import type { PersonRef } from './people.ts';

/** How a page went out when not by the level's own routing key. */
export type PageWay = 'fallback' | 'moved';

/** What can happen to a page at PagerDuty, in the words of its webhooks. */
export type PageMove =
  | 'acknowledged'
  | 'unacknowledged'
  | 'resolved'
  | 'reopened'
  | 'escalated'
  | 'reassigned'
  | 'delegated'
  | 'priority_updated'
  | 'annotated';

/** What PagerDuty tells of the page of one level. */
export interface PageNotice {
  readonly level: number;
  readonly what: PageMove;
  /** PagerDuty's id of what happened: a delivery that is repeated carries the same. */
  readonly notice: string;
  /** ISO 8601, by PagerDuty's clock. */
  readonly occurredAt: string;
  /** The person who did it; absent when a rule, a timeout or an integration did. */
  readonly by?: PersonRef;
  /** Names of those who have the page now. */
  readonly assignees?: readonly string[];
  readonly note?: string;
  readonly priority?: string;
}

/** Whether it decides how the page stands; the others change who has it, or tell something about it. */
export function isStanding(what: PageMove): boolean {
  return STANDING.has(what);
}

const STANDING: ReadonlySet<PageMove> = new Set(['acknowledged', 'unacknowledged', 'resolved', 'reopened']);

/** So many ids of notices are kept to know a repeat by: more than people bring about in one incident. */
export const KEPT_NOTICES = 200;
