import { finished } from 'node:stream';
import type { Environment } from '../config/types.ts';
import type { Route } from '../intake/router.ts';
import type { Logger } from '../observe/log.ts';
import { NO_TRACING, type Tracing } from '../observe/tracing.ts';

/** Tracing as the environment has it. OpenTelemetry is loaded only where it is on. */
export async function openTracing({ tracing }: Environment, log: Logger): Promise<Tracing> {
  if (tracing === undefined) return NO_TRACING;
  const { openTelemetry } = await import('../observe/opentelemetry.ts');
  return openTelemetry({
    ...tracing,
    onTrouble: (why) => {
      if (why === undefined) log.info({ from: 'OpenTelemetry' }, 'the collector takes traces again');
      else log.warn({ from: 'OpenTelemetry', why }, 'the collector does not take traces; some are lost');
    },
  });
}

/** Names of methods are a sender's to choose, a span's are not. */
const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * Answers in a span, which goes on with the sender's trace if the request has a `traceparent`. It ends with
 * the answer; what is still done after that is a part of it all the same.
 */
export function traced(tracing: Tracing, path: string, route: Route): Route {
  if (!tracing.isOn) return route;
  return (req, res) => {
    const method = METHODS.find((known) => known === req.method) ?? '_OTHER';
    const header = req.headers['traceparent'];
    const parent = typeof header === 'string' ? header : undefined;
    const attributes = { 'http.request.method': method, 'http.route': path };
    return tracing.span({ name: `${method} ${path}`, kind: 'server', attributes, parent }, async (span) => {
      await route(req, res);
      await new Promise<void>((resolve) => finished(res, () => resolve()));
      span.set({ 'http.response.status_code': res.statusCode });
      if (res.statusCode >= 500) span.fail(String(res.statusCode));
    });
  };
}
