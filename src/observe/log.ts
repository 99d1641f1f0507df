import { pino } from 'pino';
import { cleaned } from './clean.ts';
import { createMasker, type Masker } from './mask.ts';
import { currentScope } from './scope.ts';

/** From what importance on lines are written. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Writes a line: what happened, in words, and the facts as fields. */
export type LogMethod = {
  (fields: object, message: string): void;
  (message: string): void;
};

/** The part of pino's logger that the project uses. */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  /** A logger whose lines carry these fields too, e.g. `{ incident, effect }`. */
  child(fields: Record<string, unknown>): Logger;
}

export interface LoggerOptions {
  readonly level: LogLevel | 'silent';
  /** Values that must not appear in any line. */
  readonly secrets: readonly string[];
  /** Takes each line, with its line feed; the standard output when left out. */
  readonly destination?: { write(line: string): void };
}

/**
 * Makes the logger: one JSON object a line with `level` (a word), `time` (ISO 8601) and `msg`.
 *
 * A line that is written in a scope (`inScope`) carries its ids, unless its own fields have others.
 *
 * Everything passes through the masker before it is written: messages, fields and their keys, errors
 * with their causes and stacks. Put errors under `err`.
 */
export function createLogger(options: LoggerOptions): Logger {
  const mask = createMasker(options.secrets);
  const settings = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    // Errors have been cut to what may be shown; pino's own serializer would take the result for an error again.
    serializers: { err: (described: unknown) => described },
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const output = options.destination ?? pino.destination({ fd: 1, sync: true });
  return wrap(pino(settings, output), mask, new Set());
}

/** The ids of the scope; a span's by the names of https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/ */
function idsAround(): Readonly<Record<string, string>> {
  const { traceparent, ...ids } = currentScope();
  if (traceparent === undefined) return ids;
  const [, trace_id = '', span_id = ''] = traceparent.split('-');
  return { ...ids, trace_id, span_id };
}

/** The fields that every line has; a caller's field of the same name is written with a `_` after it. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['level', 'time', 'msg']);

/** @param bound the fields that every line of this logger has already */
function wrap(base: pino.Logger, mask: Masker, bound: ReadonlySet<string>): Logger {
  const fieldsOf = (fields: object): Record<string, unknown> => {
    const plain = Object.entries(cleaned(fields, mask) ?? {});
    return Object.fromEntries(plain.map(([key, value]) => [OWN_FIELDS.has(key) ? `${key}_` : key, value]));
  };
  const method =
    (level: LogLevel): LogMethod =>
    (first: object | string, message: string = ''): void => {
      // A line that is not written must cost nothing.
      if (!base.isLevelEnabled(level)) return;
      const around = Object.entries(idsAround()).filter(([key]) => !bound.has(key));
      const given =
        typeof first === 'string' ? {} : fieldsOf(first instanceof Error ? { err: first } : first);
      base[level](
        { ...Object.fromEntries(around), ...given },
        mask(typeof first === 'string' ? first : message),
      );
    };
  return {
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
    child(fields) {
      const more = fieldsOf(fields);
      return wrap(base.child(more), mask, new Set([...bound, ...Object.keys(more)]));
    },
  };
}
