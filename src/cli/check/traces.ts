import type { Environment } from '../../config/types.ts';
import { about, type Check } from './finding.ts';

/** Longer than a collector nearby takes, in milliseconds. */
const TIMEOUT_MS = 4_000;

/** Whether the collector of traces takes OTLP over HTTP in JSON; nothing to look at while traces are off. */
export function tracesChecks({ tracing }: Pick<Environment, 'tracing'>): Check[] {
  if (tracing === undefined) return [];
  const { ok, fail } = about('traces');
  const { url, headers } = tracing;
  return [
    {
      subject: 'traces',
      async run() {
        const { default: axios } = await import('axios');
        // A request without a span: it is taken, and leaves nothing behind.
        const answer = await axios.post<unknown>(
          url,
          { resourceSpans: [] },
          { headers, timeout: TIMEOUT_MS, maxRedirects: 0, validateStatus: () => true },
        );
        const { status } = answer;
        if (status >= 200 && status < 300) return [ok('the collector takes them')];
        const mend = MENDS[status] ?? 'see what the collector says about it';
        return [fail(`the collector answers ${status}: ${mend}`)];
      },
    },
  ];
}

const MENDS: Readonly<Record<number, string>> = {
  401: 'OTEL_EXPORTER_OTLP_HEADERS lacks its key, or holds another',
  403: 'OTEL_EXPORTER_OTLP_HEADERS lacks its key, or holds another',
  404: 'OTEL_EXPORTER_OTLP_ENDPOINT must be the address before /v1/traces, of its OTLP receiver over HTTP',
  415: 'it must take OTLP in JSON',
};
