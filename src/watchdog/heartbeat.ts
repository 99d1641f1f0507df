import axios from 'axios';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { agentsFor, type Reach } from '../outward/agents.ts';
import type { Timers } from '../pool/timers.ts';

/** A monitor that has not answered within this time has not heard. */
const TIMEOUT_MS = 10_000;

export interface HeartbeatOptions extends Reach {
  /** May hold a token: it is never shown. */
  readonly url: string;
  readonly everyMs: number;
  readonly method: 'get' | 'post';
  /** Whether all is well; a heart that beats while the body is ill deceives. */
  readonly isReady: () => Promise<boolean>;
  readonly timers: Timers;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'heartbeat'>;
}

/** A sign of life to someone else's monitor, which raises the alarm when it stays away. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #callOff = (): void => undefined;
  #beating: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Beats now, and from now on. */
  start(): void {
    this.#beating = this.beat().finally(() => {
      if (this.#isStopped) return;
      this.#callOff = this.#options.timers.after(this.#options.everyMs, () => this.start());
    });
  }

  /** Ends it and waits for a beat under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#callOff();
    await this.#beating;
  }

  /** One beat, if all is well. Never rejects. */
  async beat(): Promise<void> {
    const { url, method, everyMs, isReady, log, metrics } = this.#options;
    if (!(await isReady().catch(() => false))) return metrics.heartbeat('skipped');
    try {
      const timeout = Math.min(TIMEOUT_MS, everyMs);
      // The timeout of axios ends with the head of the answer; the signal ends all of it.
      await axios.request({
        ...agentsFor(this.#options),
        // Where it leads was not looked at, and the address holds a token.
        maxRedirects: 0,
        url,
        method,
        timeout,
        signal: AbortSignal.timeout(timeout),
        responseType: 'text',
      });
      metrics.heartbeat('sent');
    } catch (error) {
      metrics.heartbeat('failed');
      // The error holds the request, and with it the address.
      const why = axios.isAxiosError(error) ? (error.response?.status ?? error.code) : 'unknown';
      log.warn({ why }, 'the monitor that watches Lifeguard did not take a heartbeat');
    }
  }
}
