import pg from 'pg';

/** A fault in words that may be shown and logged: no passwords, no SQL. */
export interface Fault {
  /** SQLSTATE (`53300`), code of the system (`ECONNREFUSED`), or `timeout`. */
  readonly code: string;
  readonly message: string;
}

/**
 * The pool's connection cannot be used now. `reason` says whether it is down, did not answer in time (what
 * was asked may still happen), or was closed by us.
 */
export class LifelineError extends Error {
  readonly reason: 'down' | 'timeout' | 'closed';
  readonly fault: Fault | undefined;

  constructor(reason: 'down' | 'timeout' | 'closed', message: string, fault?: Fault) {
    super(message);
    this.name = 'LifelineError';
    this.reason = reason;
    this.fault = fault;
  }
}

/** What was to be asked, other than the pool itself, cannot be reached now; the message says what mends it. */
export class AwayError extends Error {
  readonly fault: Fault;

  constructor(message: string, fault: Fault) {
    super(message);
    this.name = 'AwayError';
    this.fault = fault;
  }
}

/** Whether what was to be asked is away: it may answer later, and what was asked may have happened. */
export function isAway(error: unknown): error is LifelineError | AwayError {
  return error instanceof LifelineError || error instanceof AwayError;
}

/** SQLSTATE `too_many_connections`. */
export const TOO_MANY_CONNECTIONS = '53300';
/** SQLSTATE `cannot_connect_now`: the server is starting up or shutting down. */
export const CANNOT_CONNECT_NOW = '57P03';
/** SQLSTATE `insufficient_privilege`. */
export const INSUFFICIENT_PRIVILEGE = '42501';

const HINTS: Readonly<Record<string, string>> = {
  [TOO_MANY_CONNECTIONS]:
    'every connection slot is taken; trying until one is free (a role with pg_use_reserved_connections, from PostgreSQL 16 on, would get in)',
};

/** Puts any error of a connection into words for people. */
export function faultOf(error: unknown): Fault {
  if (error instanceof LifelineError) return error.fault ?? { code: error.reason, message: error.message };
  const { code, message } = error as { code?: unknown; message?: unknown };
  const name = typeof code === 'string' ? code : 'error';
  const said = typeof message === 'string' && message !== '' ? message : name;
  const hint = HINTS[name];
  return { code: name, message: hint === undefined ? said : `${said}: ${hint}` };
}

/** Whether the server itself answered, so that the connection lives on: an error of the statement, not fatal. */
export function isStatementError(error: unknown): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && error.severity !== 'FATAL' && error.severity !== 'PANIC';
}
