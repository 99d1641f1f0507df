import type { Metrics } from './metrics.ts';
import { currentScope } from './scope.ts';
import type { Span, Tracing } from './tracing.ts';

/** The systems whose calls are watched. */
export type OutsideSystem = 'slack' | 'pagerduty';

/** What a call came to. */
export interface CallEnd {
  /** `refused`: it will be refused again; `unavailable`: no answer, or one that says to try again. */
  readonly outcome: 'ok' | 'refused' | 'rate_limited' | 'unavailable';
  /** The other side's code for what went wrong, e.g. `channel_not_found` or `503`; never a sentence, which may quote. */
  readonly code?: string;
  /** Milliseconds that the other side wants us to wait. */
  readonly waitMs?: number;
}

/**
 * Makes a call to an outside system and takes note of what came of it. What the call returns or throws is
 * passed on as it is.
 *
 * @param call its name, one of few: `chat.postMessage`, `enqueue`
 * @param endOf reads what came of it off the value or the error
 */
export type WatchCall = <T>(
  system: OutsideSystem,
  call: string,
  work: () => Promise<T>,
  endOf: (result: { readonly value: T } | { readonly error: unknown }) => CallEnd,
) => Promise<T>;

/** Watches nothing: for commands and tests that make a client of their own. */
export const unwatched: WatchCall = (_system, _call, work) => work();

/** Counts and times every call, and traces those that something traced makes: probes are no part of a story. */
export function createCallWatch(options: {
  readonly metrics: Pick<Metrics, 'call'>;
  readonly tracing: Tracing;
}): WatchCall {
  const { metrics, tracing } = options;
  const watched = async <T>(
    [system, call, work, endOf]: Parameters<typeof unwatched<T>>,
    span?: Span,
  ): Promise<T> => {
    const began = performance.now();
    const ended = (end: CallEnd): void => {
      metrics.call(system, call, end, performance.now() - began);
      span?.set({ 'lifeguard.call.outcome': end.outcome });
      if (end.outcome !== 'ok') span?.fail(end.code ?? end.outcome);
    };
    let value: T;
    try {
      value = await work();
    } catch (error) {
      ended(endOf({ error }));
      throw error;
    }
    ended(endOf({ value }));
    return value;
  };
  return (...call) => {
    if (currentScope().traceparent === undefined) return watched(call);
    const [system, name] = call;
    const spec = {
      name: `${system} ${name}`,
      kind: 'client',
      attributes: { 'peer.service': system },
    } as const;
    return tracing.span(spec, (span) => watched(call, span));
  };
}
