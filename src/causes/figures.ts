import type { SessionFact } from './facts.ts';
import type { SuggestedTarget } from './verdict.ts';

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
  return `pid ${fact.pid}${application}, ${fact.state} for ${time(fact.ageMs)}: ${fact.query}`;
}

/** The session as a remedy's target. */
export function backend(fact: SessionFact): SuggestedTarget {
  return {
    kind: 'backend',
    pid: fact.pid,
    backendStart: fact.backendStart,
    ...(fact.queryStart === undefined ? {} : { queryStart: fact.queryStart }),
    application: fact.application,
  };
}
