import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const ATTRIBUTE = z.strictObject({
  key: z.string().min(1),
  value: z.union([
    z.strictObject({ stringValue: z.string() }),
    z.strictObject({ intValue: z.union([z.int(), z.string()]) }),
    z.strictObject({ doubleValue: z.number() }),
    z.strictObject({ boolValue: z.boolean() }),
    z.strictObject({
      arrayValue: z.strictObject({ values: z.array(z.strictObject({ stringValue: z.string() })) }),
    }),
  ]),
});

const NANOS = z.string().regex(/^[1-9]\d{18}$/);
const ID = (digits: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${digits}}$`))
    .refine((id) => !/^0+$/.test(id));

/** A span as OTLP has it in JSON (opentelemetry-proto, trace/v1/trace.proto). */
const SPAN = z
  .strictObject({
    traceId: ID(32),
    spanId: ID(16),
    parentSpanId: ID(16).optional(),
    traceState: z.string().optional(),
    flags: z.int(),
    name: z.string().min(1),
    kind: z.int().min(1).max(5),
    startTimeUnixNano: NANOS,
    endTimeUnixNano: NANOS,
    attributes: z.array(ATTRIBUTE),
    events: z.array(z.never()),
    links: z.array(z.never()),
    status: z.strictObject({ code: z.int().min(0).max(2), message: z.string().optional() }),
    droppedAttributesCount: z.literal(0),
    droppedEventsCount: z.literal(0),
    droppedLinksCount: z.literal(0),
  })
  .refine(({ startTimeUnixNano, endTimeUnixNano }) => BigInt(startTimeUnixNano) <= BigInt(endTimeUnixNano));

const REQUEST = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({
        attributes: z.array(ATTRIBUTE),
        droppedAttributesCount: z.literal(0),
        entityRefs: z.array(z.unknown()).optional(),
      }),
      scopeSpans: z.array(
        z.strictObject({
          scope: z.looseObject({ name: z.literal('lifeguard') }),
          spans: z.array(SPAN).min(1),
          schemaUrl: z.string().optional(),
        }),
      ),
      schemaUrl: z.string().optional(),
    }),
  ),
});

/** A span that has arrived. */
export interface Arrived {
  readonly trace: string;
  readonly id: string;
  readonly parent: string | undefined;
  readonly name: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  /** Nanoseconds since 1970. */
  readonly start: bigint;
  readonly end: bigint;
  readonly failed: boolean;
  readonly service: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A collector that takes OTLP over HTTP in JSON, and refuses what is not to the letter. */
export interface Collector {
  readonly url: string;
  readonly spans: Arrived[];
  /** What was wrong with the requests; empty when all is well. */
  readonly problems: string[];
  /** Everything that came, as it came. */
  readonly bodies: string[];
  stop(): Promise<void>;
}

/** Starts a collector; `headers` must come with every request. */
export async function startCollector(headers: Readonly<Record<string, string>> = {}): Promise<Collector> {
  const spans: Arrived[] = [];
  const problems: string[] = [];
  const bodies: string[] = [];

  function take(body: string): void {
    bodies.push(body);
    const { resourceSpans } = REQUEST.parse(JSON.parse(body));
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = valuesOf(resource.attributes)['service.name'];
      for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
        if (spans.some(({ id }) => id === span.spanId)) throw new Error(`span ${span.spanId} came twice`);
        spans.push({
          trace: span.traceId,
          id: span.spanId,
          parent: span.parentSpanId,
          name: span.name,
          kind: span.kind,
          start: BigInt(span.startTimeUnixNano),
          end: BigInt(span.endTimeUnixNano),
          failed: span.status.code === 2,
          service,
          attributes: valuesOf(span.attributes),
        });
      }
    }
  }

  const server = createServer(async (req, res) => {
    const refuse = (status: number, why: string): void => {
      problems.push(why);
      res.writeHead(status).end();
    };
    try {
      const isKnown = Object.entries(headers).every(([name, value]) => req.headers[name] === value);
      if (req.method !== 'POST' || req.url !== '/v1/traces')
        return refuse(404, `${req.method} ${req.url} is not OTLP`);
      if (req.headers['content-type'] !== 'application/json') return refuse(415, 'not application/json');
      if (!isKnown) return refuse(401, 'a header is missing');
      take(await text(req));
      res.writeHead(200, { 'content-type': 'application/json' }).end('{"partialSuccess":{}}');
    } catch (error) {
      refuse(400, String(error));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    problems,
    bodies,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function valuesOf(attributes: readonly z.infer<typeof ATTRIBUTE>[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      if ('arrayValue' in value) return [key, value.arrayValue.values.map((one) => one.stringValue)];
      return [key, Object.values(value)[0]];
    }),
  );
}
