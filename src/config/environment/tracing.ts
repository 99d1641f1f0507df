import { isUrlOf } from '../schema/fields.ts';
import type { TracingEnvironment } from '../types.ts';
import type { Reader } from './reader.ts';

const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT';
const TRACES_ENDPOINT = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
const HEADERS = 'OTEL_EXPORTER_OTLP_HEADERS';

/** OTLP over HTTP; its two encodings share one port and one path. */
const PROTOCOLS = ['http/json', 'http/protobuf'] as const;

/**
 * Where traces go, by OpenTelemetry's standard variables; `undefined`: nowhere, which is the default.
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
export function readTracing(reader: Reader): TracingEnvironment | undefined {
  if (reader.text('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return undefined;
  if (reader.text('OTEL_TRACES_EXPORTER') === 'none') return undefined;
  const url = readUrl(reader, TRACES_ENDPOINT) ?? withPath(readUrl(reader, ENDPOINT));
  if (url === undefined) return undefined;
  for (const name of ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL']) {
    const protocol = reader.text(name);
    if (protocol === undefined || PROTOCOLS.some((known) => known === protocol)) continue;
    reader.fault(
      name,
      `${JSON.stringify(protocol)} is not spoken here: leave it out, and point ${ENDPOINT} at the collector's HTTP port, 4318 as a rule`,
    );
  }
  return {
    url,
    headers: readHeaders(reader),
    serviceName: reader.text('OTEL_SERVICE_NAME') ?? 'lifeguard',
  };
}

function readUrl(reader: Reader, name: string): string | undefined {
  const url = reader.text(name);
  if (url === undefined || isUrlOf(url, ['http:', 'https:'])) return url;
  reader.fault(
    name,
    "must be a URL that begins with http:// or https://, such as the collector's http://localhost:4318",
  );
  return undefined;
}

/** The general address is a base: traces are sent to a path below it. */
function withPath(base: string | undefined): string | undefined {
  if (base === undefined) return undefined;
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return url.href;
}

/** `name=value`, with commas between, values percent-encoded: often the key of a hosted service. */
function readHeaders(reader: Reader): Record<string, string> {
  const given = reader.secret(HEADERS);
  if (given === undefined) return {};
  const headers: Record<string, string> = {};
  for (const [index, pair] of given.split(',').entries()) {
    if (pair.trim() === '') continue;
    const at = pair.indexOf('=');
    const name = pair.slice(0, at).trim();
    const value = decoded(pair.slice(at + 1).trim());
    if (at < 1 || !/^[\w!#$%&'*+.^`|~-]+$/.test(name) || value === undefined) {
      reader.fault(
        HEADERS,
        `its entry ${index + 1} must be name=value, with special characters percent-encoded`,
      );
    } else headers[name] = value;
  }
  return headers;
}

function decoded(value: string): string | undefined {
  try {
    const text = decodeURIComponent(value);
    return /^[\t\x20-\x7e]*$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
