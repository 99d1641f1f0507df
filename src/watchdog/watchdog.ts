import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Timers } from '../pool/timers.ts';
import type { Alarms } from '../store/alarms.ts';
import { OwnPages, type OwnPagesOptions, type Page } from './own-pages.ts';

/** How often the parts are looked at. */
export const LOOK_EVERY_MS = 10_000;

/** A part that is down for longer than this is worth waking somebody. */
export const DOWN_FOR_MS = 60_000;

/** A look that comes so much later than it should is the first after a pause of the whole process. */
const PAUSED_MS = 20_000;

/** While it lasts an alarm is sent again this often: another replica may have ended it, which saw the part well. */
export const AGAIN_AFTER_MS = 5 * 60_000;

/** An alarm that nobody has raised again for so long was left behind. */
const STALE_MS = 2 * AGAIN_AFTER_MS;

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
  readonly send: OwnPagesOptions['send'];
  /** Says a line in the default channel. */
  readonly tell: (text: string, unagreed?: Unagreed) => Promise<void>;
  readonly alarms: () => Kept | undefined;
  readonly timers: Timers;
  readonly random?: () => number;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'part' | 'alarm'>;
}

/** What every replica may be saying now, for want of the store to agree by. */
export interface Unagreed {
  /** The same for all of them. */
  readonly mark: string;
  /** The same line of longer ago is about an earlier outage. */
  readonly withinMs: number;
}

/** What all replicas share, as far as the store is there. */
type Kept = Pick<Alarms, 'raise' | 'end' | 'stale'>;

interface State {
  /** Milliseconds since 1970, of the first look that found it down. */
  downSince?: number;
  /** The alarm is on: Slack was told, and PagerDuty as far as it took it. */
  isOn: boolean;
  /** Since when what it is on about has been down. */
  onSince?: number;
  pagedAt?: number;
  /** Slack was told that the page has not gone out. */
  isOwed?: boolean;
}

/**
 * The dead man's switch. It looks at the parts and, when one is down for too long, pages by the part's
 * own `dedup_key`: however many replicas see it, and however often, it is one page until it is resolved.
 * The page takes the shortest way there is, since store, queue and Slack may be what is down.
 *
 * An alarm is ended by whoever had raised it and sees the part well. One that nobody raises any more,
 * because its replica died, is ended by any other. Slack is told by one replica, as far as the store can
 * say which. While it is down all of them tell, each knowing by what mark the others do; that it is back is
 * told by one again.
 *
 * A process that was paused, on a suspended laptop or in a long collection of garbage, has seen nothing in
 * between: a part that was down before and is down after it has to stay so for the whole time anew.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #pages: OwnPages;
  readonly #states = new Map<string, State>();
  #callOff = (): void => undefined;
  #looking: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    const { timers } = options;
    this.#pages = new OwnPages({ ...options, now: () => timers.now().getTime() });
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
    const { timers } = this.#options;
    const due = timers.now().getTime() + LOOK_EVERY_MS;
    this.#callOff = timers.after(LOOK_EVERY_MS, () => {
      if (timers.now().getTime() - due > PAUSED_MS) {
        for (const state of this.#states.values()) delete state.downSince;
      }
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
    const isPaged =
      part.page === undefined ? 'nobody' : await this.#pages.trigger(part.name, part.page, trouble);
    if (isPaged === undefined) return;
    const isNew = !state.isOn;
    state.isOn = true;
    state.onSince ??= state.downSince ?? now;
    // Without a page to send nothing is tried again: Slack is told once.
    if (isPaged !== false) state.pagedAt = now;
    const isFirst = await this.#kept((alarms) => alarms.raise(part.name));
    if (!isNew) {
      if (isPaged === true && state.isOwed === true)
        await this.#say(part, state, 'the page has gone out now');
      return;
    }
    metrics.alarm(part.name, isPaged === false ? 'failed' : 'raised');
    log.error({ part: part.name, trouble, paged: isPaged === true }, 'a part of Lifeguard is down');
    if (isFirst === false) return;
    state.isOwed = isPaged === false;
    if (part.name === 'slack') return;
    const unagreed =
      isFirst === undefined ? { mark: this.#pages.key(part.name), withinMs: DOWN_FOR_MS } : undefined;
    const text = `${part.name}: ${trouble}. ${pagedText(isPaged)}`;
    await this.#tell(`:rotating_light: *Lifeguard itself:* ${text}`, unagreed);
  }

  async #say(part: Part, state: State, text: string): Promise<void> {
    state.isOwed = false;
    if (part.name !== 'slack') await this.#tell(`:pager: *Lifeguard itself:* ${part.name}: ${text}.`);
  }

  async #end(part: Part, state: State): Promise<void> {
    const { log, metrics, timers } = this.#options;
    // Tried again at a later look.
    if (part.page !== undefined && (await this.#pages.resolve(part.name, part.page)) !== true) return;
    const downMs = state.onSince === undefined ? STALE_MS : timers.now().getTime() - state.onSince;
    state.isOn = false;
    delete state.pagedAt;
    delete state.onSince;
    delete state.isOwed;
    metrics.alarm(part.name, 'over');
    log.info({ part: part.name }, 'a part of Lifeguard is well again');
    const isFirst = await this.#kept((alarms) => alarms.end(part.name, downMs));
    if (isFirst !== false)
      await this.#tell(`:white_check_mark: *Lifeguard itself:* ${part.name} is well again.`);
  }

  async #tell(text: string, unagreed?: Unagreed): Promise<void> {
    await this.#options
      .tell(text, unagreed)
      .catch((error: unknown) => this.#options.log.warn({ err: error }, 'Slack could not be told'));
  }

  /** Alarms that a replica left behind; none while the store does not say. */
  async #stale(): Promise<readonly string[]> {
    return (await this.#kept((alarms) => alarms.stale(STALE_MS))) ?? [];
  }

  /** What the store is asked along the way: its failure must hold up nothing, for it may be the part that is down. */
  async #kept<T>(ask: (alarms: Kept) => Promise<T>): Promise<T | undefined> {
    const alarms = this.#options.alarms();
    return alarms === undefined ? undefined : ask(alarms).catch(() => undefined);
  }
}

function pagedText(isPaged: boolean | 'nobody'): string {
  if (isPaged === 'nobody') return 'Nobody is paged: level 1 has no routing key.';
  return isPaged ? 'Somebody has been paged.' : 'The page has not gone out yet, it is tried again.';
}
