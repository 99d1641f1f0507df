import {
  type Context,
  isSpanContextValid,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { currentScope, inScope } from './scope.ts';
import type { Attributes, SpanSpec, Tracing } from './tracing.ts';

/** At the end what is left is sent for so long: the process must not be held open by a collector that is away. */
const CLOSE_WITHIN_MS = 2_000;

export interface OpenTelemetryOptions {
  /** Where spans are sent to, by OTLP over HTTP in JSON. */
  readonly url: string;
  /** Headers of every request to it. Secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** Told when the collector stops taking spans (why), and when it takes them again (`undefined`). */
  readonly onTrouble: (why: string | undefined) => void;
}

/**
 * Traces by OpenTelemetry's own SDK, sent in the background: while the collector is away up to 2,048 spans
 * wait, further ones are dropped, and nothing else waits for any of that.
 *
 * Sampling, batches, limits, compression and certificates follow the standard `OTEL_…` variables:
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 *
 * The span that work is in is kept in its scope (`inScope`), as its `traceparent`: the same text that is stored
 * with the events of a commit, so that an effect finds its way back from the store as from memory.
 */
export function openTelemetry(options: OpenTelemetryOptions): Tracing {
  const exporter = new OTLPTraceExporter({ url: options.url, headers: { ...options.headers } });
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': options.serviceName }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(reporting(exporter, options.onTrouble))],
  });
  const tracer = provider.getTracer('lifeguard');

  return {
    isOn: true,
    async span(spec, work) {
      const span = tracer.startSpan(
        spec.name,
        {
          kind: KINDS[spec.kind],
          ...(spec.attributes === undefined ? {} : { attributes: own(spec.attributes) }),
        },
        contextOf(spec),
      );
      let isFailed = false;
      const fail = (code: string): void => {
        isFailed = true;
        span.setAttribute('error.type', code).setStatus({ code: SpanStatusCode.ERROR });
      };
      try {
        return await inScope({ ...currentScope(), traceparent: traceparentOf(span) }, () =>
          work({ set: (attributes) => void span.setAttributes(own(attributes)), fail }),
        );
      } catch (error) {
        if (!isFailed) fail(error instanceof Error ? error.name : 'error');
        throw error;
      } finally {
        span.end();
      }
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_WITHIN_MS);
      });
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}

const KINDS = {
  server: SpanKind.SERVER,
  internal: SpanKind.INTERNAL,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
} as const;

/** OpenTelemetry's type wants arrays that may be written to. */
function own(attributes: Attributes): Record<string, string | number | boolean | string[]> {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [key, typeof value === 'object' ? [...value] : value]),
  );
}

function contextOf(spec: SpanSpec): Context {
  const isGiven = spec.parent !== undefined;
  const parent = readTraceparent(spec.parent ?? currentScope().traceparent, isGiven);
  return parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
}

/** Version, trace, span, flags; versions after 00 may append more. */
const TRACEPARENT =
  /^(?:00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$|(?!00|ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$))/;

function readTraceparent(text: string | undefined, isRemote: boolean): SpanContext | undefined {
  const found = TRACEPARENT.exec(text ?? '')?.filter((part) => part !== undefined);
  const [, traceId = '', spanId = '', flags = ''] = found ?? [];
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote };
  return isSpanContextValid(context) ? context : undefined;
}

function traceparentOf(span: OtelSpan): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-0${traceFlags & 1}`;
}

/** Says once that spans are not taken, instead of with every batch. */
function reporting(exporter: SpanExporter, onTrouble: OpenTelemetryOptions['onTrouble']): SpanExporter {
  let isInTrouble = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.code !== 0;
        if (failed !== isInTrouble) {
          isInTrouble = failed;
          onTrouble(failed ? (result.error?.message ?? 'no reason given') : undefined);
        }
        // The SDK would log a failure by itself.
        done({ code: 0 });
      });
    },
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}
