import { CheckFailure } from '../checks/check.ts';

/** Something outside that could not be asked: why and the mend, in one line each. */
export function platformFailure(what: string, error: unknown, mend: string): CheckFailure {
  if (error instanceof CheckFailure) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const why = typeof code === 'string' ? code : typeof message === 'string' ? message : 'error';
  return new CheckFailure(`${what}: ${why}`, mend);
}
