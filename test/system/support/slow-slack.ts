import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The ways to Slack's Web API, one for each process, each of which can be made slow. */
export interface SlowSlack {
  /** For `SLACK_API_URL` of the process of this name. */
  apiUrlOf(name: string): string;
  /** From now on Slack answers this process so many milliseconds after it has done what it was asked; 0 is at once. */
  delay(name: string, ms: number): void;
  /** How many calls of the process are waiting for their answer. */
  waiting(name: string): number;
  stop(): Promise<void>;
}

/** Starts them in front of `apiUrl`. */
export async function startSlowSlack(apiUrl: string): Promise<SlowSlack> {
  const delays = new Map<string, number>();
  const waits = new Map<string, number>();
  const count = (name: string, by: number): void => void waits.set(name, (waits.get(name) ?? 0) + by);
  const server = createServer((asked, answer) => {
    const [, name = '', ...method] = (asked.url ?? '').split('/');
    count(name, 1);
    answer.once('close', () => count(name, -1));
    const { headers } = asked;
    const call = request(new URL(method.join('/'), apiUrl), { method: asked.method, headers }, (got) => {
      setTimeout(() => got.pipe(answer.writeHead(got.statusCode ?? 502, got.headers)), delays.get(name) ?? 0);
    });
    call.once('error', () => answer.destroy());
    asked.pipe(call);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    apiUrlOf: (name) => `http://127.0.0.1:${port}/${name}/`,
    delay: (name, ms) => void delays.set(name, ms),
    waiting: (name) => waits.get(name) ?? 0,
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
