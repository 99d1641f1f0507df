import type { PageNotice } from './pages.ts';
import { type Incident, ownerOf, type ReachedLevel } from './state.ts';

/** PagerDuty's clock and the store's may differ by this much. */
const SKEW_MS = 30_000;

/** What PagerDuty tells of a page that we reassigned ourselves comes within this time. */
const ECHO_MS = 60_000;

/**
 * The levels whose pages go to the person whom the incident was handed to. Once somebody has acknowledged,
 * all pages are theirs to give. Before that only the first is: of those who were called since nobody had
 * acknowledged none is called off.
 */
export function levelsToAssign(state: Incident): readonly number[] {
  const paged = state.levels.filter(({ pages }) => pages).map(({ level }) => level);
  return state.acknowledged === undefined ? paged.toSorted((a, b) => a - b).slice(0, 1) : paged;
}

/** Whether the page of a level is still to be reassigned to a person: they have the incident, and it is open. */
export function isToAssign(state: Incident, person: string): boolean {
  return state.status === 'open' && ownerOf(state)?.person.id === person;
}

/**
 * Whether PagerDuty tells back that we reassigned a page, which also takes its acknowledgement away there. The
 * webhook may overtake the answer to our request, so a hand-over whose outcome is not known yet counts too.
 */
export function isOurAssignment(
  state: Incident,
  { level, what, occurredAt, assignees }: PageNotice,
): boolean {
  const { owner } = state;
  if (owner?.handedBy === undefined || (what !== 'reassigned' && what !== 'unacknowledged')) return false;
  const occurred = Date.parse(occurredAt);
  const began = Date.parse(owner.at);
  if (occurred < began - SKEW_MS) return false;
  const outcome = outcomeSince(state.levels, level, began);
  const isWithin = Math.abs(occurred - (outcome === undefined ? began : Date.parse(outcome.at))) <= ECHO_MS;
  if (!isWithin || (outcome !== undefined && outcome.name === undefined)) return false;
  if (what === 'unacknowledged') return true;
  return assignees?.length === 1 && (outcome === undefined || assignees[0] === outcome.name);
}

function outcomeSince(levels: readonly ReachedLevel[], level: number, began: number) {
  const assigned = levels.find((one) => one.level === level)?.assigned;
  return assigned !== undefined && Date.parse(assigned.at) >= began ? assigned : undefined;
}
