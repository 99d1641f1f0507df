import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { KEEP_ALIVE_MS } from '../../src/intake/http.ts';
import { createLogger, type Logger } from '../../src/observe/log.ts';

/** A real web server on a free port that runs for a test. */
export interface Web {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Serves every request with the handler; a handler that rejects answers 500, as a fault of the test. */
export async function serve(
  handler: (req: IncomingMessage, res: ServerResponse) => Promise<void> | void,
): Promise<Web> {
  const server = createServer((req, res) => {
    Promise.resolve(handler(req, res)).catch(() => {
      res.statusCode = 500;
      res.end();
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Writes to a server byte by byte what no HTTP client would, and reads what comes back. */
export async function dial(port: number): Promise<{ socket: Socket; said(): string; closed: Promise<void> }> {
  const socket = connect(port, '127.0.0.1');
  let said = '';
  socket.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((done) => socket.once('close', () => done()));
  await new Promise<void>((done) => socket.once('connect', () => done()));
  return { socket, said: () => said, closed };
}

/** Polls until it is true; throws after 10 s. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`it did not happen: ${what}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}

/** A logger that keeps its lines. */
export function recordingLog(secrets: readonly string[] = []): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { log: createLogger({ level: 'debug', secrets, destination }), lines };
}
