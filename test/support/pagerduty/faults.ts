import type { Call } from '../../../src/console/pager/call.ts';
import type { Misbehaviour } from '../../../src/console/pager/stand-in.ts';

/** The ways PagerDuty is known to fail. */
export const FAULT = {
  /** 429 as the Events API gives it; `retryAfter` is the header's value. */
  rateLimited: (retryAfter?: string): Misbehaviour => ({
    kind: 'answer',
    reply: {
      status: 429,
      body: { status: 'throttle exceeded', message: 'Requests for this service are arriving too quickly.' },
      ...(retryAfter === undefined ? {} : { headers: { 'Retry-After': retryAfter } }),
    },
  }),
  /** 429 as the REST API gives it, which names the seconds in a header of its own. */
  restRateLimited: (resetSeconds: number): Misbehaviour => ({
    kind: 'answer',
    reply: {
      status: 429,
      body: { error: { message: 'Rate Limit Exceeded', code: 2020 } },
      headers: { 'ratelimit-reset': String(resetSeconds) },
    },
  }),
  serverError: (): Misbehaviour => ({
    kind: 'answer',
    reply: { status: 500, body: { status: 'error', message: 'Internal error' } },
  }),
  /** A page of HTML from something in front of PagerDuty. */
  html: (status = 503): Misbehaviour => ({
    kind: 'answer',
    reply: {
      status,
      body: '<html><body><h1>Service Unavailable</h1></body></html>',
      headers: { 'Content-Type': 'text/html' },
    },
  }),
  answer: (
    status: number,
    body: Record<string, unknown> | string,
    headers?: Record<string, string>,
  ): Misbehaviour => ({
    kind: 'answer',
    reply: { status, body, ...(headers === undefined ? {} : { headers }) },
  }),
  hang: (): Misbehaviour => ({ kind: 'hang' }),
  /** The work is done and the answer lost: the sender cannot know. */
  loseAnswer: (): Misbehaviour => ({ kind: 'lose_answer' }),
} as const;

/** Faults for the requests to come. */
export interface Faults {
  /** The next requests fail so, one each, in this order; those after them are served. */
  next(...faults: readonly Misbehaviour[]): void;
  /** Every request for which `fault` gives something fails so, until `clear`. */
  whenever(fault: (call: Call) => Misbehaviour | undefined): void;
  clear(): void;
  /** For `misbehave` of the stand-in. */
  take(call: Call): Misbehaviour | undefined;
}

/** An empty plan: every request is served. */
export function faultPlan(): Faults {
  let queue: Misbehaviour[] = [];
  let rule: ((call: Call) => Misbehaviour | undefined) | undefined;
  return {
    next(...faults) {
      queue.push(...faults);
    },
    whenever(fault) {
      rule = fault;
    },
    clear() {
      queue = [];
      rule = undefined;
    },
    take: (call) => queue.shift() ?? rule?.(call),
  };
}
