import type { Tier } from './methods/method.ts';

/** How strictly calls are counted. All figures can be lowered to make a test short. */
export interface PacingOptions {
  /** Messages a channel takes at once before one a second holds. */
  readonly burst?: number;
  /** So many times faster than Slack's, all of them; 1 when left out. */
  readonly pace?: number;
  /** Messages a minute in the whole workspace ("several hundred", docs.slack.dev/apis/web-api/rate-limits). */
  readonly workspacePerMinute?: number;
}

const SECONDS_PER_MINUTE = 60;
const MILLISECONDS_PER_SECOND = 1_000;
const POSTS_PER_SECOND = 1;
const DEFAULT_BURST = 3;
const DEFAULT_WORKSPACE_PER_MINUTE = 300;

/** Calls a minute by tier (docs.slack.dev/apis/web-api/rate-limits). */
const PER_MINUTE = { 2: 20, 3: 50, 4: 100 } as const;

/** Fills up steadily to its size; each call takes one. */
class Bucket {
  readonly #size: number;
  readonly #perSecond: number;
  #level: number;
  #at: number;

  constructor(size: number, perSecond: number, now: number) {
    this.#size = size;
    this.#perSecond = perSecond;
    this.#level = size;
    this.#at = now;
  }

  /** Seconds until a call would be let through; 0 when it is now. */
  wait(now: number): number {
    const refilled = (Math.max(0, now - this.#at) / MILLISECONDS_PER_SECOND) * this.#perSecond;
    this.#level = Math.min(this.#size, this.#level + refilled);
    this.#at = Math.max(this.#at, now);
    return this.#level >= 1 ? 0 : (1 - this.#level) / this.#perSecond;
  }

  take(): void {
    this.#level -= 1;
  }
}

/** Slack's rate limits: per method and token, and for messages per channel and workspace. */
export class Pacing {
  readonly #buckets = new Map<string, Bucket>();
  readonly #options: PacingOptions;

  constructor(options: PacingOptions = {}) {
    this.#options = options;
  }

  /**
   * Counts one call.
   * @returns whole seconds for `Retry-After` when it came too soon, else nothing
   */
  count(call: {
    method: string;
    tier: Tier;
    token: string;
    channel: string;
    now: number;
  }): number | undefined {
    const buckets = this.#bucketsFor(call);
    const wait = Math.max(0, ...buckets.map((bucket) => bucket.wait(call.now)));
    if (wait > 0) return Math.ceil(wait);
    for (const bucket of buckets) bucket.take();
    return undefined;
  }

  #bucketsFor(call: { method: string; tier: Tier; token: string; channel: string; now: number }): Bucket[] {
    if (call.tier === 'free') return [];
    if (call.tier !== 'post') {
      const perMinute = PER_MINUTE[call.tier];
      return [
        this.#bucket(`${call.token} ${call.method}`, perMinute, perMinute / SECONDS_PER_MINUTE, call.now),
      ];
    }
    const burst = this.#options.burst ?? DEFAULT_BURST;
    const perMinute = this.#options.workspacePerMinute ?? DEFAULT_WORKSPACE_PER_MINUTE;
    return [
      this.#bucket(`channel ${call.channel}`, burst, POSTS_PER_SECOND, call.now),
      this.#bucket('workspace', perMinute, perMinute / SECONDS_PER_MINUTE, call.now),
    ];
  }

  #bucket(key: string, size: number, perSecond: number, now: number): Bucket {
    const { pace = 1 } = this.#options;
    const bucket = this.#buckets.get(key) ?? new Bucket(size, perSecond * pace, now);
    this.#buckets.set(key, bucket);
    return bucket;
  }
}
