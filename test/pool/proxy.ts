import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';

/** A TCP proxy before a server, to do to a connection what networks do. */
export interface TcpProxy {
  readonly port: number;
  /** How many connections were made through it so far. */
  accepted(): number;
  /** From now on nothing is forwarded either way, and nobody is told: a black hole. */
  freeze(): void;
  /** Forwards again, what was held back included. */
  thaw(): void;
  /** Cuts every connection. */
  cut(): void;
  /** Accepts no more connections (they are refused), or does again. */
  refuse(on: boolean): Promise<void>;
  close(): Promise<void>;
}

/** Starts a proxy before `target` on 127.0.0.1. */
export async function startProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let frozen = false;
  let accepted = 0;
  const server = createServer((near) => {
    accepted += 1;
    const far = createConnection(target, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => to.write(chunk));
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        if (!frozen) to.destroy();
      });
      if (frozen) from.pause();
    }
  });
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port,
    accepted: () => accepted,
    freeze: () => {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw: () => {
      frozen = false;
      for (const socket of sockets) socket.resume();
    },
    cut,
    refuse: async (on) => {
      if (!on) return listen(port);
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
    close: async () => {
      const closed = server.listening ? once(server, 'close') : undefined;
      server.close();
      cut();
      await closed;
    },
  };
}
