import { setTimeout as sleep } from 'node:timers/promises';
import type { SocketModeReceiver } from '@slack/bolt';
import type { Logger } from '../observe/log.ts';

/** The waits between tries to open the socket, in milliseconds: a blink costs little, and an outage is not hammered. */
const REOPEN = { minMs: 500, maxMs: 10_000, factor: 2 };

export interface SocketOptions {
  readonly receiver: SocketModeReceiver;
  readonly log: Logger;
  /** Waits so many milliseconds, or until the signal; tests pass their own. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Keeps Socket Mode's connection open for as long as the process runs.
 *
 * The client's own reconnecting is switched off: it waits five seconds at each of Slack's regular refreshes, and
 * an attempt that fails in it ends as an unhandled rejection, which ends the process. Here a failed attempt is
 * told in the health report and made again, so that Lifeguard starts and takes alerts while Slack is down.
 */
export class SlackSocket {
  readonly #options: SocketOptions;
  readonly #stopping = new AbortController();
  #trouble: string | undefined = 'the socket is being opened';
  #running: Promise<void> | undefined;

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  /** Why no clicks and commands come in just now; `undefined` while the socket is open. */
  trouble(): string | undefined {
    return this.#trouble;
  }

  /** Begins to open the socket, and does not wait for it. */
  start(): void {
    this.#running ??= this.#keep();
  }

  /** Closes the socket and opens it no more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#options.receiver.client.disconnect().catch(() => undefined);
    await this.#running;
  }

  async #keep(): Promise<void> {
    const { receiver, log, wait = pause } = this.#options;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      const closed = new Promise<void>((done) => {
        receiver.client.once('disconnected', () => done());
        signal.addEventListener('abort', () => done(), { once: true });
      });
      try {
        await receiver.start();
        failures = 0;
        this.#trouble = undefined;
        log.info('the socket to Slack is open');
        await closed;
        this.#trouble = 'the socket was closed, and is being opened again';
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        this.#trouble = `the socket cannot be opened: ${error instanceof Error ? error.message : 'closed at once'}`;
        log.warn({ err: error, failures }, 'the socket to Slack cannot be opened');
        await wait(Math.min(REOPEN.maxMs, REOPEN.minMs * REOPEN.factor ** (failures - 1)), signal);
      }
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
