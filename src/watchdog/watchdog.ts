import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { PagerEvent } from '../pagerduty/event.ts';
import type { Outcome } from '../pagerduty/events.ts';
import type { Timers } from '../pool/timers.ts';
import type { Alarms } from '../store/alarms.ts';

/** How often the parts are looked at. */
export const LOOK_EVERY_MS = 10_000;

/** A part that is down for longer than this is worth waking somebody. */
export const DOWN_FOR_MS = 60_000;

/** While it lasts an alarm is sent again this often: another replica may have ended it, which saw the part well. */
export const AGAIN_AFTER_MS = 5 * 60_000;

/** How somebody is paged about Lifeguard itself. */
export interface Page {
  readonly routingKey: string;
  readonly fallbackRoutingKey?: string;
}

/** Something that Lifeguard cannot do its work without. */
export interface Part {
  /** `store`, `queue`, `slack`, `alerts`, `pool orders`. */
  readonly name: string;
  /** Left out: nobody is paged, Slack alone is told. */
  readonly page?: Page;
  /** How long it may be down; {@link DOWN_FOR_MS} when left out. */
  readonly patienceMs?: number;
  /** What is wrong with it, in words that may be shown to anyone; rejects when that cannot be known now. */
  readonly trouble: () => Promise<string | undefined>;
}

export interface WatchdogOptions {
  readonly parts: readonly Part[];
  /** Tells this installation's pages from those of another: all its replicas have the same. */
  readonly installation: string;
  /** Sends one event to PagerDuty, past the queue and the store, which may be what is down. Never rejects. */
  readonly send: (event: PagerEvent) => Promise<Outcome>;
  /** Says a line in the default channel. */
  readonly tell: (text: string) => Promise<void>;
  readonly alarms: () => Pick<Alarms, 'raise' | 'end' | 'stale'> | undefined;
  readonly timers: Timers;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'part' | 'alarm'>;
}

interface State {
  /** Milliseconds since 1970, of the first look that found it down. */
  downSince?: number;
  /** The alarm is on: Slack was told, and PagerDuty as far as it took it. */
  isOn: boolean;
  pagedAt?: number;
}

/**
 * The dead man's switch. It looks at the parts and, when one is down for too long, pages by the part's
 * own `dedup_key`: however many replicas see it, and however often, it is one page until it is resolved.
 * The page takes the shortest way there is, since store, queue and Slack may be what is down.
 *
 * An alarm is ended by whoever had raised it and sees the part well. One that nobody raises any more,
 * because its replica died, is ended by any other.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #states = new Map<string, State>();
  #callOff = (): void => undefined;
  #looking: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  /** Begins to look. */
  start(): void {
    this.#schedule();
  }

  /** Ends it and waits for a look under way. Alarms stay on: nobody looks any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#callOff();
    await this.#looking;
  }

  /** Looks at every part now. Never rejects. */
  async look(): Promise<void> {
    const stale = await this.#stale();
    await Promise.all(
      this.#options.parts.map((part) =>
        this.#lookAt(part, stale.includes(part.name)).catch((error: unknown) =>
          this.#options.log.warn({ err: error, part: part.name }, 'the watchdog could not do its work'),
        ),
      ),
    );
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#callOff = this.#options.timers.after(LOOK_EVERY_MS, () => {
      this.#looking = this.look().finally(() => this.#schedule());
    });
  }

  async #lookAt(part: Part, isStale: boolean): Promise<void> {
    const { timers, metrics } = this.#options;
    const state = this.#states.get(part.name) ?? { isOn: isStale };
    this.#states.set(part.name, state);
    let trouble: string | undefined;
    try {
      trouble = await part.trouble();
    } catch {
      // What cannot be looked at now is neither well nor down.
      return;
    }
    metrics.part(part.name, trouble === undefined);
    if (trouble === undefined) {
      delete state.downSince;
      if (state.isOn || isStale) await this.#end(part, state);
      return;
    }
    const now = timers.now().getTime();
    state.downSince ??= now;
    if (now - state.downSince < (part.patienceMs ?? DOWN_FOR_MS)) return;
    await this.#raise(part, state, trouble, now);
  }

  async #raise(part: Part, state: State, trouble: string, now: number): Promise<void> {
    const { log, metrics } = this.#options;
    if (state.pagedAt !== undefined && now - state.pagedAt < AGAIN_AFTER_MS) return;
    const isNew = !state.isOn;
    state.isOn = true;
    const isPaged = part.page === undefined ? undefined : await this.#page(part.name, part.page, trouble);
    // Without a page to send nothing is tried again: Slack is told once.
    if (isPaged !== false) state.pagedAt = now;
    const isFirst = await this.#kept((alarms) => alarms.raise(part.name));
    if (!isNew) return;
    metrics.alarm(part.name, isPaged === false ? 'failed' : 'raised');
    log.error({ part: part.name, trouble, paged: isPaged === true }, 'a part of Lifeguard is down');
    if (isFirst === false || part.name === 'slack') return;
    await this.#tell(`:rotating_light: *Lifeguard itself:* ${part.name}: ${trouble}. ${pagedText(isPaged)}`);
  }

  async #end(part: Part, state: State): Promise<void> {
    const { log, metrics } = this.#options;
    if (part.page !== undefined) {
      const { routingKey, fallbackRoutingKey } = part.page;
      const keys = fallbackRoutingKey === undefined ? [routingKey] : [routingKey, fallbackRoutingKey];
      const event = { action: 'resolve', dedupKey: this.#key(part.name) } as const;
      const outcomes = await Promise.all(
        keys.map((key) => this.#options.send({ ...event, routingKey: key })),
      );
      // Tried again at the next look; a key that is refused has no page to be resolved.
      if (outcomes.some(({ kind }) => kind === 'retry')) return;
    }
    state.isOn = false;
    delete state.pagedAt;
    metrics.alarm(part.name, 'over');
    log.info({ part: part.name }, 'a part of Lifeguard is well again');
    const wasOn = await this.#kept((alarms) => alarms.end(part.name));
    if (wasOn !== false || part.name === 'store') {
      await this.#tell(`:white_check_mark: *Lifeguard itself:* ${part.name} is well again.`);
    }
  }

  async #page(name: string, page: Page, trouble: string): Promise<boolean> {
    const event = {
      action: 'trigger',
      dedupKey: this.#key(name),
      summary: `Lifeguard itself: ${name}: ${trouble}`,
      source: 'lifeguard',
      component: name,
      class: 'Watchdog',
      severity: 'critical',
    } as const;
    const keys = [
      page.routingKey,
      ...(page.fallbackRoutingKey === undefined ? [] : [page.fallbackRoutingKey]),
    ];
    for (const routingKey of keys) {
      const outcome = await this.#options.send({ ...event, routingKey });
      if (outcome.kind === 'accepted') return true;
      this.#options.log.error({ part: name, why: outcome.message }, 'the page about Lifeguard was not taken');
    }
    return false;
  }

  #key(part: string): string {
    return `lifeguard-${this.#options.installation}-${part}`;
  }

  async #tell(text: string): Promise<void> {
    await this.#options
      .tell(text)
      .catch((error: unknown) => this.#options.log.warn({ err: error }, 'Slack could not be told'));
  }

  /** Alarms that a replica left behind; none while the store does not say. */
  async #stale(): Promise<readonly string[]> {
    return (await this.#kept((alarms) => alarms.stale(2 * AGAIN_AFTER_MS))) ?? [];
  }

  /** What the store is asked along the way: its failure must hold up nothing, for it may be the part that is down. */
  async #kept<T>(
    ask: (alarms: Pick<Alarms, 'raise' | 'end' | 'stale'>) => Promise<T>,
  ): Promise<T | undefined> {
    const alarms = this.#options.alarms();
    return alarms === undefined ? undefined : ask(alarms).catch(() => undefined);
  }
}

function pagedText(isPaged: boolean | undefined): string {
  if (isPaged === undefined) return 'Nobody is paged: level 1 has no routing key.';
  return isPaged ? 'Somebody has been paged.' : 'The page has not gone out yet, it is tried again.';
}
