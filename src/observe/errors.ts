/** How many causes of causes are told. */
const DEEPEST_CAUSE = 5;

/** How many of an AggregateError's errors are told: one for each address that was tried. */
const MOST_ERRORS = 5;

/** An error cut to what may be logged. */
export interface DescribedError {
  readonly type: string;
  readonly message: string;
  /** SQLSTATE, `ECONNREFUSED`, and the like. */
  readonly code?: string | number;
  /** Which constraint or table a database's error is about. */
  readonly constraint?: string;
  readonly table?: string;
  readonly stack?: string;
  readonly cause?: DescribedError;
  readonly errors?: readonly DescribedError[];
}

/**
 * What may be logged of an error: its type, message, code and stack, its causes, and nothing else.
 * The properties that libraries hang on their errors hold requests with their headers, rows and statements.
 *
 * Of PostgreSQL's errors `detail`, `where`, `hint` and `internalQuery` are left out, and the values in
 * the message are masked: they come from people's rows. The same goes for an error caused by one.
 */
export function describeError(error: Error): DescribedError {
  return describe(error, DEEPEST_CAUSE, sqlstateIn(error, DEEPEST_CAUSE));
}

/** Whether an error was sent by a PostgreSQL server; recognised by its fields, as several copies of the driver are about. */
export function isDatabaseError(error: unknown): error is Error & { readonly code: string } {
  return (
    error instanceof Error &&
    /^[0-9A-Z]{5}$/.test(String(read(error, 'code'))) &&
    typeof read(error, 'severity') === 'string'
  );
}

/**
 * Masks the values in a message of PostgreSQL: what is in single quotes, `(x)=(…)`, and what is in
 * double quotes and not a name. Names of tables, columns and constraints remain.
 *
 * @param code SQLSTATE; in class 22 (data exception) everything in double quotes is a value
 */
export function maskLiterals(message: string, code = ''): string {
  const isData = code.startsWith('22');
  return message
    .replace(/'[^']*(?:'|$)/g, "'…'")
    .replace(/\)=\([^\n]*/g, ')=(…)')
    .replace(/"([^"]*)(?:"|$)/g, (quoted, inner: string) =>
      !isData && /^[A-Za-z_][\w.$-]*$/.test(inner) && quoted.endsWith('"') ? quoted : '"…"',
    );
}

/** @param sqlstate of the database's error that this one is, or comes from; its message may quote that one's */
function describe(error: Error, depth: number, sqlstate: string | undefined): DescribedError {
  const code = read(error, 'code');
  const isFromServer = isDatabaseError(error);
  const message = sqlstate === undefined ? error.message : maskLiterals(error.message, sqlstate);
  const stack = framesOf(error);
  const { cause } = error;
  const errors = error instanceof AggregateError ? error.errors.slice(0, MOST_ERRORS) : [];
  return {
    type: isFromServer ? 'DatabaseError' : error.name,
    message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(isFromServer ? namesOf(error) : {}),
    ...(stack === undefined ? {} : { stack }),
    ...(cause instanceof Error && depth > 0 ? { cause: describe(cause, depth - 1, sqlstate) } : {}),
    ...(errors.length > 0 && depth > 0
      ? {
          errors: errors
            .filter((one) => one instanceof Error)
            .map((one) => describe(one, depth - 1, sqlstate)),
        }
      : {}),
  };
}

function namesOf(error: Error): { constraint?: string; table?: string } {
  const constraint = read(error, 'constraint');
  const table = read(error, 'table');
  return {
    ...(typeof constraint === 'string' ? { constraint } : {}),
    ...(typeof table === 'string' ? { table } : {}),
  };
}

/** The frames alone: the head of a stack repeats the message, with all that was masked in it. */
function framesOf(error: Error): string | undefined {
  const { stack } = error;
  if (typeof stack !== 'string') return undefined;
  const head = stack.indexOf(error.message);
  const rest = head < 0 ? stack : stack.slice(head + error.message.length);
  const frames = rest.split('\n').filter((line) => /^ {4}at /.test(line));
  return frames.length === 0 ? undefined : frames.join('\n');
}

/** The code of the first error from a PostgreSQL server among an error and its causes. */
function sqlstateIn(error: unknown, depth: number): string | undefined {
  if (!(error instanceof Error) || depth < 0) return undefined;
  if (isDatabaseError(error)) return error.code;
  const behind = error instanceof AggregateError ? [error.cause, ...error.errors] : [error.cause];
  for (const one of behind) {
    const code = sqlstateIn(one, depth - 1);
    if (code !== undefined) return code;
  }
  return undefined;
}

function read(error: Error, name: string): unknown {
  return (error as Error & Record<string, unknown>)[name];
}
