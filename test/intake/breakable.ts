import { createServer, connect as dial, type Socket } from 'node:net';

/** A way to a PostgreSQL server that can be broken and mended. */
export interface BreakableWay {
  /** The connection string that leads through it. */
  readonly url: string;
  /** Cuts every connection and lets none in. */
  break(): void;
  /** Lets connections in again. */
  mend(): void;
  /** From now on the next answer to `commit` is lost: it is carried out, the way breaks before it is heard. */
  loseNextCommit(): void;
  close(): Promise<void>;
}

/** Opens a way to the server of a connection string, on a free port of 127.0.0.1. */
export async function breakableWay(to: string): Promise<BreakableWay> {
  const target = new URL(to);
  const open = new Set<Socket>();
  let broken = false;
  let losing = false;

  const server = createServer((near) => {
    if (broken) {
      near.destroy();
      return;
    }
    const far = dial(Number(target.port), target.hostname);
    let deaf = false;
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
    near.on('data', (bytes) => {
      if (losing && bytes.includes('commit\0')) {
        losing = false;
        deaf = true;
      }
      far.write(bytes);
    });
    far.on('data', (bytes) => {
      if (deaf) near.destroy();
      else near.write(bytes);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const url = new URL(to);
  url.hostname = '127.0.0.1';
  url.port = String(typeof address === 'object' && address !== null ? address.port : 0);

  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: url.href,
    break: () => {
      broken = true;
      cut();
    },
    mend: () => {
      broken = false;
    },
    loseNextCommit: () => {
      losing = true;
    },
    close: async () => {
      cut();
      await new Promise((done) => server.close(done));
    },
  };
}
