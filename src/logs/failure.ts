import { CheckFailure } from '../checks/check.ts';

/** A log that could not be read: why and the mend, in one line each. */
export function logFailure(what: string, error: unknown, mend: string): CheckFailure {
  if (error instanceof CheckFailure) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const why = typeof code === 'string' ? code : typeof message === 'string' ? message : 'error';
  return new CheckFailure(`${what}: ${why}`, mend);
}
