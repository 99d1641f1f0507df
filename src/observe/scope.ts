import { AsyncLocalStorage } from 'node:async_hooks';

/** What the work under way belongs to. */
export interface Scope {
  /** The incident's id. */
  readonly incident?: string;
  /** The id of the effect that is being carried out. */
  readonly effect?: string;
  /** The span that it is in, as a W3C `traceparent`; absent while nothing is traced. */
  readonly traceparent?: string;
}

const scopes = new AsyncLocalStorage<Scope>();

/**
 * Does work that belongs to `scope`, and to nothing that the caller belonged to: every line that is logged
 * until it has ended carries the scope's ids, those of libraries and of functions far below too.
 */
export function inScope<T>(scope: Scope, work: () => T): T {
  return scopes.run(scope, work);
}

/** What the caller belongs to; nothing outside of {@link inScope}. */
export function currentScope(): Scope {
  return scopes.getStore() ?? NOWHERE;
}

const NOWHERE: Scope = {};
