import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Account } from './account.ts';
import type { Book, Page, StandInIncident } from './book.ts';
import type { Call, Reply } from './call.ts';
import { type Certificate, localCertificate } from './certificate.ts';
import { route } from './route.ts';

/** A way for a request to go wrong. */
export type Misbehaviour =
  /** This answer instead of doing the work. */
  | { readonly kind: 'answer'; readonly reply: Reply }
  /** Neither the work nor an answer; the connection stays open. */
  | { readonly kind: 'hang' }
  /** The work is done, and the connection breaks before the answer. */
  | { readonly kind: 'lose_answer' };

/** How the stand-in is set up. */
export interface StandInOptions {
  readonly account: Account;
  /** Made anew when left out. */
  readonly certificate?: Certificate;
  readonly now?: () => Date;
  /** Told of each event that was accepted. */
  readonly onPage?: (page: Page) => void;
  /** Asked about each request before anything is done. */
  readonly misbehave?: (call: Call) => Misbehaviour | undefined;
}

/** A request that came in, and the status it got; none when it got no answer. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly status?: number;
}

/** A running stand-in for PagerDuty. */
export interface PagerStandIn {
  /** `localhost:PORT`, for both the Events and the REST API. */
  readonly server: string;
  /** The certificate to trust, PEM. */
  readonly ca: string;
  readonly pages: readonly Page[];
  readonly incidents: readonly StandInIncident[];
  readonly requests: readonly SeenRequest[];
  /** Ends it and every connection to it. */
  stop(): Promise<void>;
}

/** Bodies beyond this are not read: more than any limit that is checked. */
const BODY_LIMIT = 4 * 1024 * 1024;

/**
 * Starts a small PagerDuty on this machine: the Events API v2 and as much of the REST API as
 * escalation uses, over TLS, refusing what PagerDuty refuses. The demo pages by it, for it has no
 * account; tests check requests against it.
 */
export async function startPagerStandIn(options: StandInOptions): Promise<PagerStandIn> {
  const certificate = options.certificate ?? (await localCertificate());
  const requests: SeenRequest[] = [];
  const book: Book = {
    account: options.account,
    pages: [],
    incidents: [],
    now: options.now ?? (() => new Date()),
    onPage: options.onPage ?? (() => undefined),
  };

  const listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'https://localhost');
    const call: Call = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: await bodyOf(request),
    };
    const seen = { method: call.method, path: call.path, headers: call.headers };
    const fault = options.misbehave?.(call);
    if (fault?.kind === 'hang') {
      requests.push(seen);
      return;
    }
    const reply = fault?.kind === 'answer' ? fault.reply : route(book, call);
    if (fault?.kind === 'lose_answer') {
      requests.push(seen);
      request.socket.destroy();
      return;
    }
    requests.push({ ...seen, status: reply.status });
    send(response, reply);
  };
  const server = createServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
    // A client that goes away while its body is read is no fault of the stand-in.
    listener(request, response).catch(() => request.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server: `localhost:${(server.address() as AddressInfo).port}`,
    ca: certificate.cert,
    pages: book.pages,
    incidents: book.incidents,
    requests,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, { status, body, headers }: Reply): void {
  const plain = typeof body === 'string';
  response.writeHead(status, {
    'Content-Type': plain ? 'text/plain; charset=utf-8' : 'application/json',
    ...headers,
  });
  response.end(plain ? body : JSON.stringify(body));
}
