/** What a span is about, in OpenTelemetry's words. */
export interface SpanSpec {
  /** One of few: ids belong into the attributes. */
  readonly name: string;
  readonly kind: 'server' | 'internal' | 'consumer' | 'client';
  /** Ids, kinds and codes. Never a text that came from outside: it would leave the house with the span. */
  readonly attributes?: Attributes;
  /**
   * The span that this one follows from, where that is not the one the caller is in: a W3C `traceparent`
   * (https://www.w3.org/TR/trace-context/#traceparent-header). One that is malformed counts for nothing.
   */
  readonly parent?: string | undefined;
}

export type Attributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** A span that is under way. */
export interface Span {
  set(attributes: Attributes): void;
  /** It did not succeed; `code` is a code or a type of error, no sentence. */
  fail(code: string): void;
}

/**
 * Traces: from a webhook to its commit, from there to each effect, wherever and whenever it is carried out,
 * from an effect to its calls and to the commit of its outcome, and on.
 */
export interface Tracing {
  readonly isOn: boolean;
  /**
   * Does work within a span, a child of the one that the caller is in. What the work returns or throws is
   * passed on, whatever becomes of the span; an error that nobody took note of fails it by its type.
   */
  span<T>(spec: SpanSpec, work: (span: Span) => Promise<T>): Promise<T>;
  /** Sends what is left, for two seconds at most. Never rejects. */
  close(): Promise<void>;
}

const NO_SPAN: Span = { set: () => undefined, fail: () => undefined };

/** Tracing that is off: work is done, and nothing else. */
export const NO_TRACING: Tracing = {
  isOn: false,
  span: (_spec, work) => work(NO_SPAN),
  close: async () => undefined,
};
