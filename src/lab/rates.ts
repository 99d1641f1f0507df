import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A little Prometheus of the lab's own: it knows the request rate, its baseline and the failures. */
export interface Rates {
  readonly url: string;
  /** Sets what each expression answers from now on. */
  set(values: Readonly<Record<string, number>>): void;
  stop(): Promise<void>;
}

/** Expressions that it knows, each a plain name. */
export const RATE = 'requests_per_minute';
export const BASELINE = 'requests_per_minute_avg1h';
export const ERRORS = 'failed_share';

/** Starts it on a free port of 127.0.0.1; it answers `POST /api/v1/query`. */
export async function startRates(): Promise<Rates> {
  let values: Readonly<Record<string, number>> = {};
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      const name = new URLSearchParams(body).get('query') ?? '';
      const value = values[name];
      const result = value === undefined ? [] : [{ metric: {}, value: [Date.now() / 1_000, String(value)] }];
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    set: (next) => {
      values = next;
    },
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
