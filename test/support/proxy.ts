import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';

/** What networks and the machines at their other end do to a connection. */
export type Harm =
  /** Every connection breaks; new ones are taken. */
  | { readonly kind: 'cut' }
  /** Every connection breaks, and for `ms` no new one is taken. */
  | { readonly kind: 'refuse'; readonly ms: number }
  /** For `ms` nothing is forwarded either way and nobody is told; then all that was held back. */
  | { readonly kind: 'hold'; readonly ms: number }
  /** For `ms` each piece of an answer comes `byMs` later. */
  | { readonly kind: 'delay'; readonly ms: number; readonly byMs: number }
  /** For `ms` no more than `bytesPerSecond` go either way on a connection. */
  | { readonly kind: 'throttle'; readonly ms: number; readonly bytesPerSecond: number }
  /** The next request is answered by `bytes` bytes, and then the connection ends. */
  | ({ readonly kind: 'truncate'; readonly bytes: number } & Aim)
  /** The next request is passed on and its work is done; instead of the answer the connection is reset. */
  | ({ readonly kind: 'lose_answer' } & Aim);

interface Aim {
  /** Only a request that contains this, e.g. `commit`; left out, any. */
  readonly of?: string;
  /** No request within this many milliseconds: nothing happens. */
  readonly withinMs: number;
}

/** A TCP proxy before a server. What goes through it is not looked into, so it may be encrypted. */
export interface TcpProxy {
  readonly port: number;
  /** How many connections were made through it so far. */
  accepted(): number;
  /** Does one harm; resolves when it is over and connections fare well again. @returns whether it hit anything */
  harm(harm: Harm): Promise<boolean>;
  /** What is aimed at a request that has not come yet hits none. */
  callOff(): void;
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

export interface ProxyOptions {
  /** What goes through is TLS: its handshake is no answer to lose. */
  readonly tls?: boolean;
}

/** A server that said nothing more for so long has said all of its answer. */
const ANSWERED_MS = 40;

type Way = 'request' | 'answer';

/** Two sockets, and what goes on between them. */
interface Link {
  readonly near: Socket;
  readonly far: Socket;
  /** What has to be done when things go on after a freeze. */
  readonly thawed: (() => void)[];
  /** How often the near end has sent something. */
  sent: number;
  /** How much of the answer still goes through before the end; absent while all does. */
  left?: number;
  end?: NodeJS.Timeout;
}

/** Starts a proxy before `target` on 127.0.0.1. */
export async function startProxy(target: number, options: ProxyOptions = {}): Promise<TcpProxy> {
  const links = new Set<Link>();
  let frozen = false;
  let accepted = 0;
  let delayMs = 0;
  let bytesPerSecond = Number.POSITIVE_INFINITY;
  let aimed: { readonly harm: Extract<Harm, Aim>; readonly over: (hit: boolean) => void } | undefined;

  const server = createServer({ allowHalfOpen: true }, (near) => {
    accepted += 1;
    const far = createConnection({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    const link: Link = { near, far, thawed: [], sent: 0 };
    links.add(link);
    join(link, near, far, 'request');
    join(link, far, near, 'answer');
  });

  function join(link: Link, from: Socket, to: Socket, way: Way): void {
    from.setNoDelay(true);
    // Node tells the end of a paused socket too, before what was held back of it has gone through.
    let waiting = 0;
    const endWithIt = (): void => {
      if (from.readableEnded && waiting === 0 && !frozen && !to.destroyed) to.end();
    };
    link.thawed.push(endWithIt);
    from.on('data', (chunk: Buffer) => {
      if (way === 'request') take(link, chunk);
      const waitMs = (way === 'answer' ? delayMs : 0) + (chunk.length / bytesPerSecond) * 1_000;
      if (waitMs < 1) return pass(link, to, way, chunk);
      from.pause();
      waiting += 1;
      setTimeout(() => {
        waiting -= 1;
        pass(link, to, way, chunk);
        if (!frozen) from.resume();
        endWithIt();
      }, waitMs);
    });
    from.on('end', endWithIt);
    from.on('error', () => {});
    from.on('close', () => {
      if (frozen) return;
      if (from.errored || !from.readableEnded) to.destroy();
      if (link.near.destroyed && link.far.destroyed) links.delete(link);
    });
    if (frozen) from.pause();
  }

  /** A request goes by: is it the one that shall not be answered? */
  function take(link: Link, chunk: Buffer): void {
    link.sent += 1;
    if (aimed === undefined || link.left !== undefined) return;
    if (options.tls === true && link.sent === 1) return;
    const { harm, over } = aimed;
    if (harm.of !== undefined && !chunk.includes(harm.of)) return;
    link.left = harm.kind === 'truncate' ? harm.bytes : 0;
    over(true);
  }

  function pass(link: Link, to: Socket, way: Way, chunk: Buffer): void {
    if (to.destroyed || to.writableEnded) return;
    if (way === 'request' || link.left === undefined) return void to.write(chunk);
    const through = chunk.subarray(0, link.left);
    link.left -= through.length;
    if (through.length > 0) to.write(through);
    if (link.left > 0) return;
    clearTimeout(link.end);
    // The whole answer is waited for: by then the work is done.
    link.end = setTimeout(() => {
      if (through.length > 0) link.near.destroySoon();
      else link.near.resetAndDestroy();
      link.far.destroy();
    }, ANSWERED_MS);
  }

  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  const proxy: TcpProxy = {
    port,
    accepted: () => accepted,
    callOff: () => aimed?.over(false),
    freeze() {
      frozen = true;
      for (const { near, far } of links) for (const socket of [near, far]) socket.pause();
    },
    thaw() {
      frozen = false;
      for (const { near, far, thawed } of links) {
        for (const goOn of thawed) goOn();
        // Of one that broke meanwhile the other end hears now.
        for (const [socket, other] of [
          [near, far],
          [far, near],
        ] as const) {
          if (other.destroyed) socket.destroy();
          else socket.resume();
        }
      }
    },
    cut() {
      for (const { near, far } of links) for (const socket of [near, far]) socket.destroy();
      links.clear();
    },
    async refuse(on) {
      if (!on) return listen(port);
      const closed = once(server, 'close');
      server.close();
      proxy.cut();
      await closed;
    },
    async harm(harm) {
      const any = links.size > 0;
      switch (harm.kind) {
        case 'cut':
          proxy.cut();
          return any;
        case 'refuse':
          await proxy.refuse(true);
          await sleep(harm.ms);
          await proxy.refuse(false);
          return true;
        case 'hold':
          proxy.freeze();
          await sleep(harm.ms);
          proxy.thaw();
          return any;
        case 'delay':
          delayMs = harm.byMs;
          await sleep(harm.ms);
          delayMs = 0;
          return any;
        case 'throttle':
          bytesPerSecond = harm.bytesPerSecond;
          await sleep(harm.ms);
          bytesPerSecond = Number.POSITIVE_INFINITY;
          return any;
        case 'truncate':
        case 'lose_answer':
          return new Promise((done) => {
            // One is aimed at a time: what was aimed before has missed.
            proxy.callOff();
            const shot = {
              harm,
              over(hit: boolean) {
                clearTimeout(tooLate);
                if (aimed === shot) aimed = undefined;
                done(hit);
              },
            };
            const tooLate = setTimeout(() => shot.over(false), harm.withinMs);
            aimed = shot;
          });
      }
    },
    async close() {
      const closed = server.listening ? once(server, 'close') : undefined;
      server.close();
      proxy.cut();
      await closed;
    },
  };
  return proxy;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
