import type { DetectConfig } from '../config/types.ts';
import { KEEP_SAMPLES_MS, type Sample, type Samples } from '../store/samples.ts';
import { detection, type Verdict } from './detection.ts';
import { type Fault, faultOf, LifelineError } from './faults.ts';
import type { Lifeline } from './lifeline.ts';
import { readSample, utilisationPoint } from './sample.ts';
import type { Point } from './series.ts';
import { systemTimers, type Timers } from './timers.ts';

/** A sample every 15 s. The moment a sample bears is the beginning of its 15 s, the same for all replicas. */
export const SAMPLE_EVERY_MS = 15_000;

/** The database does not answer: said after this long. */
export const UNREACHABLE_AFTER_MS = 60_000;

/** How often old samples are deleted. */
const FORGET_EVERY_MS = 60 * 60_000;

/** What the sampler tells: a verdict of the samples, or whether the database answers. */
export type Told = Exclude<Verdict, 'none'> | 'unreachable' | 'reachable';

/** What a verdict rests on. */
export interface DetectionFacts {
  /**
   * When it began: the same in every replica and at every telling. `open`, `warn`: the first sample over
   * the line; `clear`: the same moment as of what is over; `unreachable`, `reachable`: when it fell silent.
   */
  readonly since: Date;
  /** With `clear`: what is over. */
  readonly over?: 'warn' | 'open';
  /** The newest sample, when there is one. */
  readonly sample?: Sample;
  /** With `unreachable`: why. Code 53300 means that it is full and let us in no more. */
  readonly fault?: Fault;
}

/** What a sampler works with and whom it tells. */
export interface SamplerOptions {
  /** The pool's name. */
  readonly pool: string;
  readonly lifeline: Pick<Lifeline, 'query' | 'state'>;
  readonly samples: Pick<Samples, 'insert' | 'since' | 'forget'>;
  /** Left out: samples are taken, but only the database's silence is told. */
  readonly detect?: DetectConfig;
  readonly timers?: Timers;
  /** A sample was taken; `history` holds up to 24 h, oldest first, the new one among them. */
  readonly onSample: (pool: string, point: Point, history: readonly Sample[]) => void;
  /**
   * A verdict has changed. When it rejects it is told again at the next sample; after a restart what
   * still holds is told again too, and several replicas each tell it: it must be harmless twice. That the
   * database is unreachable is told at every sample while it is: an incident may open meanwhile.
   */
  readonly onDetect: (pool: string, told: Told, facts: DetectionFacts) => Promise<void> | void;
  /** The store or a listener failed; sampling goes on. */
  readonly onError: (error: Error) => void;
}

/**
 * Samples one pool's utilisation every 15 s over its one warm connection, keeps the samples in the store
 * and tells when they warn, open or clear. While the connection is down there is no sample: a gap, never
 * a zero. While the store is down the samples live in memory.
 */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #timers: Timers;
  #history: Sample[] = [];
  #loaded = false;
  #told: Verdict = 'none';
  /** Since when the database is silent. */
  #silentSince: Date | undefined;
  #toldSilent: DetectionFacts | undefined;
  #forgottenAt = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  #callOff = () => {};
  #stopped = false;

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
  }

  /** The pool's name. */
  get pool(): string {
    return this.#options.pool;
  }

  /** Takes the first sample now and then one at the beginning of every 15 s. Resolves after the first; never rejects. */
  start(): Promise<void> {
    return this.#turn();
  }

  /** Ends sampling and waits for the sample that is being taken. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#callOff();
    await this.#running;
  }

  /** The samples known to this process, oldest first, of up to 24 h. */
  history(): readonly Sample[] {
    return this.#history;
  }

  #turn(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    const waitMs = SAMPLE_EVERY_MS - (this.#timers.now().getTime() % SAMPLE_EVERY_MS);
    // A sample may take longer than its turn: then the turn after it is left out.
    this.#callOff = this.#timers.after(waitMs, () => void this.#turn());
    this.#running ??= this.#once()
      .catch((error: unknown) => this.#report(error))
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  async #once(): Promise<void> {
    const now = this.#timers.now();
    const sample = await this.#take(now);
    if (sample === undefined) return;
    await this.#keep(sample);
    this.#options.onSample(this.#options.pool, utilisationPoint(sample), this.#history);
    await this.#judge(sample);
    if (now.getTime() - this.#forgottenAt < FORGET_EVERY_MS) return;
    await this.#options.samples.forget(now);
    this.#forgottenAt = now.getTime();
  }

  async #take(now: Date): Promise<Sample | undefined> {
    const { lifeline } = this.#options;
    try {
      const sample = await readSample(lifeline, slotOf(now));
      await this.#heard();
      return sample;
    } catch (error) {
      if (!(error instanceof LifelineError)) throw error;
      if (error.reason !== 'closed') await this.#silent(now, faultOf(error));
      return undefined;
    }
  }

  async #silent(now: Date, fault: Fault): Promise<void> {
    const { up, since } = this.#options.lifeline.state();
    this.#silentSince ??= up ? now : since;
    const silentMs = this.#timers.now().getTime() - this.#silentSince.getTime();
    if (silentMs < UNREACHABLE_AFTER_MS || (await this.#isHeardElsewhere(now))) return;
    const newest = this.#history.at(-1);
    const facts = {
      since: this.#silentSince,
      fault,
      ...(newest === undefined ? {} : { sample: newest }),
    };
    this.#toldSilent = facts;
    await this.#options.onDetect(this.#options.pool, 'unreachable', facts);
  }

  /** Another replica has sampled lately: then it is our way to the database that is broken, not the database. */
  async #isHeardElsewhere(now: Date): Promise<boolean> {
    const { pool, samples } = this.#options;
    const silentSince = this.#silentSince?.getTime() ?? now.getTime();
    const since = new Date(Math.max(silentSince + SAMPLE_EVERY_MS, now.getTime() - UNREACHABLE_AFTER_MS));
    const read = await samples.since(pool, since).catch(() => []);
    return read.length > 0;
  }

  async #heard(): Promise<void> {
    this.#silentSince = undefined;
    const told = this.#toldSilent;
    if (told === undefined) return;
    try {
      await this.#options.onDetect(this.#options.pool, 'reachable', { since: told.since });
      this.#toldSilent = undefined;
    } catch (error) {
      // The sample counts all the same; this is told with the next.
      this.#report(error);
    }
  }

  /** Writes the sample and reads what other replicas have written since. */
  async #keep(sample: Sample): Promise<void> {
    const { pool, samples } = this.#options;
    const oldest = sample.at.getTime() - KEEP_SAMPLES_MS;
    const known = this.#loaded ? this.#history.at(-1)?.at : undefined;
    let read: readonly Sample[] = [];
    try {
      await samples.insert(pool, sample);
      read = await samples.since(pool, known ?? new Date(oldest));
      this.#loaded = true;
    } catch (error) {
      // Once the store is back, everything is read again: others may have written meanwhile.
      this.#loaded = false;
      this.#report(error);
    }
    const byMoment = new Map([...this.#history, sample, ...read].map((one) => [one.at.getTime(), one]));
    this.#history = [...byMoment.values()]
      .filter(({ at }) => at.getTime() >= oldest)
      .toSorted((a, b) => a.at.getTime() - b.at.getTime());
  }

  async #judge(sample: Sample): Promise<void> {
    const { detect, onDetect, pool } = this.#options;
    if (detect === undefined) return;
    const { verdict, since, over } = detection(this.#history.map(utilisationPoint), detect, sample.at);
    if (verdict === this.#told) return;
    if (verdict !== 'none') {
      const facts = { since: since ?? sample.at, sample, ...(over === undefined ? {} : { over }) };
      await onDetect(pool, verdict, facts);
    }
    this.#told = verdict;
  }

  #report(error: unknown): void {
    this.#options.onError(error instanceof Error ? error : new Error(String(error)));
  }
}

function slotOf(now: Date): Date {
  return new Date(Math.floor(now.getTime() / SAMPLE_EVERY_MS) * SAMPLE_EVERY_MS);
}
