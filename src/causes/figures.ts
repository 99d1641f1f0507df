import type { SessionFact } from './facts.ts';
import type { SuggestedRemedy } from './verdict.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** A time in the unit people would say it in: `340 ms`, `4.2 s`, `7 min`, `3 h`. */
export function time(ms: number): string {
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
  if (ms < 2 * MINUTE_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  return ms < 2 * HOUR_MS ? `${Math.round(ms / MINUTE_MS)} min` : `${Math.round(ms / HOUR_MS)} h`;
}

/** A share as `42 %`. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** A count with its noun: `1 session`, `3 sessions`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** `pid 4711 (catalytic-api), idle in transaction for 4.2 s: update stock …`. */
export function session(fact: SessionFact): string {
  const application = fact.application === '' ? '' : ` (${fact.application})`;
  const whose = fact.isProtected === true ? ', not ours to end' : '';
  return `pid ${fact.pid}${application}${whose}, ${fact.state} for ${time(fact.ageMs)}: ${fact.query}`;
}

/** The remedy aimed at the session; none without one, and none for a session that is never ended. */
export function aimedAt(
  fact: SessionFact | undefined,
  action: 'cancel' | 'terminate',
): { readonly remedy?: SuggestedRemedy } {
  if (fact === undefined || fact.isProtected === true) return {};
  const { pid, backendStart, queryStart, application } = fact;
  const query = queryStart === undefined ? {} : { queryStart };
  return { remedy: { action, target: { kind: 'backend', pid, backendStart, ...query, application } } };
}
