import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What stands before several replicas: each request goes to one of them, in turn. */
export interface Balancer {
  /** `http://127.0.0.1:` and its port. */
  readonly url: string;
  /** How many requests were answered with success. */
  answered(): number;
  /** The requests that were not: what their senders would have noticed. */
  readonly failures: readonly string[];
  /** A replica that is ready takes its turn from now on, until it refuses a connection. */
  add(port: number): void;
  /** Resolves in the moment in which the next request has gone out to this replica. */
  nextTo(port: number): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts it. As the common ones do, it goes on to the next replica only where the connection was refused: once a
 * request is on its way, nobody knows what has come of it, and a POST is not sent twice.
 */
export async function startBalancer(): Promise<Balancer> {
  const ports: number[] = [];
  const failures: string[] = [];
  const watchers = new Map<number, () => void>();
  let answered = 0;
  let turn = 0;

  const forward = (port: number, asked: IncomingMessage, body: string): Promise<IncomingMessage> =>
    new Promise((done, fail) => {
      const { method, url: path, headers } = asked;
      const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, done);
      sent.once('error', fail).once('finish', () => {
        watchers.get(port)?.();
        watchers.delete(port);
      });
      sent.end(body);
    });
  const serve = async (asked: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const body = await text(asked);
    for (;;) {
      const port = ports[turn++ % ports.length];
      if (port === undefined) throw new Error('no replica takes connections');
      try {
        const got = await forward(port, asked, body);
        const said = await text(got);
        if (got.statusCode === 200) answered += 1;
        else failures.push(`${asked.url}: ${got.statusCode} ${said}`);
        answer
          .writeHead(got.statusCode ?? 502, { 'content-type': got.headers['content-type'] ?? '' })
          .end(said);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
        ports.splice(ports.indexOf(port), 1);
      }
    }
  };
  const server = createServer((asked, answer) => {
    serve(asked, answer).catch((error: unknown) => {
      failures.push(`${asked.url}: ${String(error)}`);
      answer.writeHead(502).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answered: () => answered,
    failures,
    add: (port) => void ports.push(port),
    nextTo: (port) => new Promise((done) => watchers.set(port, done)),
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
