import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Alertmanager's webhook body, version 4, as far as tests look into it. */
export interface Notification {
  readonly version: string;
  readonly status: 'firing' | 'resolved';
  readonly groupKey: string;
  readonly alerts: ReadonlyArray<{
    readonly status: 'firing' | 'resolved';
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly startsAt: string;
    readonly endsAt: string;
    readonly fingerprint: string;
  }>;
}

/** A request that arrived at the receiver. */
export interface Arrival {
  readonly at: number;
  readonly headers: IncomingHttpHeaders;
  /** The body as it came. */
  readonly raw: string;
  readonly body: Notification;
}

/** A webhook that keeps what it is sent. */
export interface Receiver {
  readonly url: string;
  /** Everything that arrived, in order. */
  readonly arrivals: readonly Arrival[];
  /** The status code of the answers from now on; 200 at first. */
  answerWith(status: number): void;
  /** The first arrival that fits, past or future. Throws after `within` milliseconds (default 15,000). */
  arrival(fits: (body: Notification) => boolean, within?: number): Promise<Arrival>;
  stop(): Promise<void>;
}

const ARRIVAL_WITHIN = 15_000;
const POLL_EVERY = 20;

/** Starts a webhook on 127.0.0.1 that stands where Lifeguard would, to look at what is really sent. */
export async function startReceiver(): Promise<Receiver> {
  const arrivals: Arrival[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    let raw = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      raw += part;
    });
    request.on('end', () => {
      arrivals.push({ at: Date.now(), headers: request.headers, raw, body: JSON.parse(raw) as Notification });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/webhooks/alertmanager`,
    arrivals,
    answerWith: (code) => {
      status = code;
    },
    arrival: async (fits, within = ARRIVAL_WITHIN) => {
      const deadline = Date.now() + within;
      for (;;) {
        const found = arrivals.find((each) => fits(each.body));
        if (found !== undefined) return found;
        if (Date.now() > deadline) throw new Error(`no such notification among ${arrivals.length} arrivals`);
        await new Promise((done) => setTimeout(done, POLL_EVERY));
      }
    },
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
