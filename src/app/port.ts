import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KEEP_ALIVE_MS, sendJson } from '../intake/http.ts';
import { dropSlow, REQUEST_LIMITS } from '../intake/limits.ts';
import { createRouter, type Route } from '../intake/router.ts';
import type { Health } from '../observe/health.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Tracing } from '../observe/tracing.ts';
import type { LocalSlack } from './local-slack.ts';
import { traced } from './tracing.ts';

/** What the port is opened with; what is asked for each time is there once it has been started. */
export interface PortOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** All interfaces when left out. */
  readonly host: string | undefined;
  /** Paths that are answered 503 until there are intakes for them. */
  readonly webhooks: readonly string[];
  readonly intakes: () => Readonly<Record<string, Route>> | undefined;
  readonly local: () => LocalSlack | undefined;
  readonly health: () => Health | undefined;
  readonly metrics: Pick<Metrics, 'render' | 'contentType'>;
  readonly tracing: Tracing;
  readonly log: Logger;
}

/**
 * Opens the one port: probes, metrics, webhooks and the console. It is open before the rest is there, so that a
 * request in between is told 503 and comes again, instead of being refused.
 *
 * @throws Error of Node when the port cannot be had
 */
export async function openPort(
  options: PortOptions,
): Promise<{ readonly server: Server; readonly port: number }> {
  const { webhooks, intakes, local, health, metrics, tracing, log } = options;
  const later = (path: string): Route => {
    return async (req, res) => {
      const route = intakes()?.[path];
      if (route !== undefined) return traced(tracing, path, route)(req, res);
      sendJson(res, 503, { error: 'not ready yet' }, { 'retry-after': '5', connection: 'close' });
    };
  };
  // They ask the store: however often they are asked for, it is asked once at a time.
  const figures = together(() => metrics.render());
  const server = createServer(
    REQUEST_LIMITS,
    createRouter({
      subtree: async (req, res) => local()?.console.handle(req, res) ?? false,
      routes: {
        '/healthz': (_req, res) => sendJson(res, 200, { status: 'alive' }),
        '/readyz': async (req, res) => {
          const readiness = await health()?.ready(excludedBy(req.url));
          const ok = readiness?.ok === true;
          sendJson(
            res,
            ok ? 200 : 503,
            readiness ?? { ok: false, parts: { store: { ok: false, detail: 'starting' } } },
          );
        },
        '/metrics': async (_req, res) => {
          const body = await figures();
          res.writeHead(200, { 'content-type': metrics.contentType }).end(body);
        },
        ...Object.fromEntries(webhooks.map((path) => [path, later(path)])),
      },
      onError: (error, path) => log.error({ err: error, path }, 'a request could not be handled'),
    }),
  );
  dropSlow(server);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return { server, port: await open(server, options.port, options.host) };
}

/**
 * `?exclude=slack&exclude=queue`, as Kubernetes' own API server has it: whoever balances load must not take replicas
 * out of service that still take alerts and page, because Slack is down.
 */
function excludedBy(url = '/'): string[] {
  return new URL(url, 'http://localhost').searchParams.getAll('exclude');
}

/** Whoever asks while an answer is being found gets the same one. */
function together<T>(find: () => Promise<T>): () => Promise<T> {
  let finding: Promise<T> | undefined;
  return () => {
    finding ??= find().finally(() => {
      finding = undefined;
    });
    return finding;
  };
}

function open(server: Server, port: number, host: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
