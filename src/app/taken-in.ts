import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { UnderWay } from './under-way.ts';

/** Who has connected and not said yet what they want gets this long, in milliseconds, once the server has closed. */
const NEWCOMERS_MS = 1_000;

/** What an HTTP server has taken in. */
export interface TakenIn {
  /** Work that goes on after its request was answered counts too. */
  add(work: Promise<unknown>): void;
  /**
   * Takes no more, and waits until what was taken in is done and answered.
   *
   * @param ms milliseconds after which it waits no longer
   * @returns how much is still under way: 0 unless the time is up
   */
  close(ms: number): Promise<number>;
  /** Waits for what has come in since by other ways. */
  over(ms: number): Promise<number>;
}

/** Watches what the server takes in: everything that is posted. What is only asked for changes nothing. */
export function watchTakenIn(server: Server): TakenIn {
  const newcomers = new UnderWay();
  const underWay = new UnderWay();
  const greeted = new WeakMap<Socket, () => void>();
  let isClosing = false;
  server.on('connection', (socket) => {
    newcomers.add(
      new Promise<void>((done) => {
        greeted.set(socket, done);
        socket.once('close', done);
      }),
    );
  });
  // Before anybody answers: the header that ends the connection has to be in the answer.
  server.prependListener('request', (req, res) => {
    // Whoever keeps the connection would send the next request to a process that is ending.
    if (isClosing) res.shouldKeepAlive = false;
    if (req.method === 'POST') underWay.add(new Promise((done) => res.once('close', done)));
    greeted.get(req.socket)?.();
  });
  return {
    add: (work) => underWay.add(work),
    async close(ms) {
      isClosing = true;
      await acceptWhatIsThere();
      server.close();
      server.closeIdleConnections();

      await newcomers.over(NEWCOMERS_MS);
      return underWay.over(ms);
    },
    over: (ms) => underWay.over(ms),
  };
}

/**
 * A connection that the kernel has taken is broken when its server closes, with the request in it. So the server gets
 * the chance to take what is there: a turn of the event loop looks at connections before it comes to immediates, and
 * the turn we are in has done so already.
 */
async function acceptWhatIsThere(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((done) => setImmediate(done));
}
