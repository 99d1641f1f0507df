import { isStatementError, LifelineError } from './faults.ts';
import type { Row } from './statement.ts';
import type { Timers } from './timers.ts';

/** What becomes of the connection while work runs on it. */
export interface Watch {
  /** No answer in time; the work may still end, one way or the other. */
  overdue(error: LifelineError): void;
  /** The server has answered, with rows or with an error of the statement; `late` when it was overdue. */
  answered(late: boolean): void;
  /** The connection broke; gives the error for the caller. */
  broken(error: unknown): LifelineError;
}

/** Gives the outcome of `work`, but fails with reason `timeout` when it takes longer than `limitMs`. */
export function supervise(
  work: Promise<Row[]>,
  limitMs: number,
  timers: Timers,
  watch: Watch,
): Promise<Row[]> {
  return new Promise((done, fail) => {
    let late = false;
    const callOff = timers.after(limitMs, () => {
      late = true;
      const message = `the server did not answer within ${limitMs} ms`;
      const error = new LifelineError('timeout', message, { code: 'timeout', message });
      watch.overdue(error);
      fail(error);
    });
    work.then(
      (rows) => {
        callOff();
        watch.answered(late);
        done(rows);
      },
      (error: unknown) => {
        callOff();
        if (!isStatementError(error)) return fail(watch.broken(error));
        watch.answered(late);
        fail(error);
      },
    );
  });
}
