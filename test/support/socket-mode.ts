import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/** Slack's side of Socket Mode: hands out the address of a socket, and sends envelopes over it. */
export interface SocketModeStandIn {
  readonly apiUrl: string;
  /** How often an app has asked for the address of a socket. */
  opens(): number;
  /** Answers the next so many requests for an address with 503. */
  failOpens(times: number): void;
  /** How many sockets are open. */
  connected(): number;
  /** Sends one envelope and gives what the app acknowledged it with. */
  send(type: string, payload: object): Promise<unknown>;
  /** Cuts every socket, without a goodbye. */
  cut(): void;
  stop(): Promise<void>;
}

/** @param appToken the only app-level token that is taken; with any other the answer is `invalid_auth` */
export async function startSocketMode(appToken: string): Promise<SocketModeStandIn> {
  let opens = 0;
  let failing = 0;
  let envelopes = 0;
  const waiting = new Map<string, (payload: unknown) => void>();
  const http = createServer((req, res) => {
    opens += 1;
    if (failing > 0) {
      failing -= 1;
      res.writeHead(503).end('upstream connect error');
      return;
    }
    const known =
      req.url === '/api/apps.connections.open' && req.headers.authorization === `Bearer ${appToken}`;
    const { port } = http.address() as AddressInfo;
    res
      .writeHead(200, { 'content-type': 'application/json' })
      .end(
        JSON.stringify(
          known ? { ok: true, url: `ws://127.0.0.1:${port}/link` } : { ok: false, error: 'invalid_auth' },
        ),
      );
  });
  const sockets = new WebSocketServer({ server: http });
  sockets.on('connection', (socket) => {
    socket.send(JSON.stringify({ type: 'hello', num_connections: 1 }));
    socket.on('message', (data) => {
      const { envelope_id, payload } = JSON.parse(String(data));
      waiting.get(envelope_id)?.(payload);
      waiting.delete(envelope_id);
    });
  });
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  return {
    apiUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}/api/`,
    opens: () => opens,
    failOpens: (times) => {
      failing = times;
    },
    connected: () => sockets.clients.size,
    send(type, payload) {
      envelopes += 1;
      const id = `envelope-${envelopes}`;
      return new Promise((resolve, reject) => {
        const [socket] = sockets.clients;
        if (socket === undefined) return reject(new Error('no app is connected'));
        waiting.set(id, resolve);
        socket.send(JSON.stringify({ type, envelope_id: id, payload, accepts_response_payload: true }));
      });
    },
    cut: () => {
      for (const socket of sockets.clients) socket.terminate();
    },
    async stop() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      http.closeAllConnections();
      await new Promise<void>((done) => http.close(() => done()));
    },
  };
}
