import type { Page } from './page.ts';
import type { Rest, RestOutcome } from './rest.ts';

/** Shifts change by the hour; a person who was relieved a minute ago is told wrongly for so long. */
const STANDS_MS = 60_000;

/** Services and their keys hardly ever change. */
const SERVICES_STAND_MS = 10 * 60_000;

/** Asked for this often even when nobody wants to know, so that the first page of an incident can name people. */
const KEEP_WARM_MS = 5 * 60_000;

/** What was heard longer ago is no longer told. */
const TOO_OLD_MS = 3 * KEEP_WARM_MS;

/** After a failure PagerDuty is left alone for so long. */
const AFTER_FAILURE_MS = 15_000;

/** Who is on call at one level of an escalation. */
export interface LevelOnCall {
  readonly level: number;
  /** Empty when nobody is. */
  readonly people: readonly string[];
}

export interface OnCallOptions {
  readonly rest: Rest | undefined;
  /** Every pool by name, and `undefined` for alerts that match none. */
  readonly pools: readonly (string | undefined)[];
  /** How each level of the pool's escalation is paged, from level 1. */
  readonly pagesOf: (pool: string | undefined) => readonly (Page | undefined)[];
  /** A clock in milliseconds that does not jump. */
  readonly now?: () => number;
}

/**
 * Who would be paged. A routing key does not say whom it pages, so the account's services are asked
 * which one it belongs to and by which policy that pages. Needs REST access; without it, and for keys of
 * an event orchestration, which belong to no service, nothing is known.
 *
 * Answers stand for a minute, and nothing that has to be quick waits for one: {@link known} tells what
 * was heard last and asks anew beside it.
 */
export class OnCalls {
  readonly #options: OnCallOptions;
  readonly #now: () => number;
  readonly #services: Kept<ReadonlyMap<string, string>>;
  readonly #people: Kept<ReadonlyMap<string, readonly string[]>>;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: OnCallOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    const { rest } = options;
    this.#services = new Kept(this.#now, SERVICES_STAND_MS, async () => {
      if (rest === undefined) return new Map();
      const services = told(await rest.services());
      return new Map(
        services.flatMap(({ policyId, routingKeys }) =>
          policyId === undefined ? [] : routingKeys.map((key): [string, string] => [key, policyId]),
        ),
      );
    });
    this.#people = new Kept(this.#now, STANDS_MS, async () => {
      if (rest === undefined) return new Map();
      const policies = await this.#policies();
      if (policies.length === 0) return new Map();
      const people = new Map<string, string[]>();
      for (const one of told(await rest.onCalls({ escalationPolicyIds: policies }))) {
        const place = placeOf(one.policy.id, one.level);
        people.set(place, [...(people.get(place) ?? []), one.name]);
      }
      return people;
    });
  }

  /** Begins to keep the answers warm; does nothing without REST access. */
  start(): void {
    if (this.#options.rest === undefined || this.#timer !== undefined) return;
    const ask = (): void => void this.#people.get().catch(() => undefined);
    ask();
    this.#timer = setInterval(ask, KEEP_WARM_MS);
    this.#timer.unref();
  }

  /** Asks no more. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Who is on call at the levels of the pool's escalation that page somebody; levels of which nothing can
   * be known are left out. @throws Error when PagerDuty does not say
   */
  async of(pool: string | undefined): Promise<LevelOnCall[]> {
    const [services, people] = [await this.#services.get(), await this.#people.get()];
    return this.#levels(pool, services, people);
  }

  /** What was heard last of one level, at once; `undefined` when nothing is known (yet). */
  known(pool: string | undefined, level: number): readonly string[] | undefined {
    if (this.#options.rest === undefined) return undefined;
    const services = this.#services.peek();
    const people = this.#people.peek();
    if (services === undefined || people === undefined) return undefined;
    return this.#levels(pool, services, people).find((one) => one.level === level)?.people;
  }

  #levels(
    pool: string | undefined,
    services: ReadonlyMap<string, string>,
    people: ReadonlyMap<string, readonly string[]>,
  ): LevelOnCall[] {
    let opened: string | undefined;
    return this.#options.pagesOf(pool).flatMap((page, index): LevelOnCall[] => {
      if (page === undefined) return [];
      const policy = 'routingKey' in page ? services.get(page.routingKey) : opened;
      if ('routingKey' in page) opened ??= policy;
      if (policy === undefined) return [];
      // A page that opens an incident reaches the first level of its service's policy.
      const place = placeOf(policy, 'routingKey' in page ? 1 : page.escalationLevel);
      return [{ level: index + 1, people: people.get(place) ?? [] }];
    });
  }

  /** The policies behind all levels. */
  async #policies(): Promise<string[]> {
    const services = await this.#services.get();
    const pages = this.#options.pools.flatMap((pool) => this.#options.pagesOf(pool));
    const policies = pages.flatMap((page) =>
      page !== undefined && 'routingKey' in page ? (services.get(page.routingKey) ?? []) : [],
    );
    return [...new Set(policies)];
  }
}

function placeOf(policy: string, level: number): string {
  return `${policy} ${level}`;
}

function told<T>(outcome: RestOutcome<T>): T {
  if (outcome.kind === 'done') return outcome.value;
  throw new Error(outcome.message);
}

/** A value that is asked for again when it is old; while it is being asked for, the old one is told. */
class Kept<T> {
  readonly #now: () => number;
  readonly #standsMs: number;
  readonly #ask: () => Promise<T>;
  #value: { readonly value: T; readonly at: number } | undefined;
  #asking: Promise<T> | undefined;
  #failedAt: number | undefined;

  constructor(now: () => number, standsMs: number, ask: () => Promise<T>) {
    this.#now = now;
    this.#standsMs = standsMs;
    this.#ask = ask;
  }

  async get(): Promise<T> {
    if (this.#value !== undefined && this.#now() - this.#value.at < this.#standsMs) return this.#value.value;
    this.#asking ??= this.#ask()
      .then((value) => {
        this.#value = { value, at: this.#now() };
        this.#failedAt = undefined;
        return value;
      })
      .catch((error: unknown) => {
        this.#failedAt = this.#now();
        throw error;
      })
      .finally(() => {
        this.#asking = undefined;
      });
    return this.#asking;
  }

  peek(): T | undefined {
    const failedLately = this.#failedAt !== undefined && this.#now() - this.#failedAt < AFTER_FAILURE_MS;
    // What PagerDuty says is told the next time; that it says nothing is nothing to wake anybody for.
    if (!failedLately) this.get().catch(() => undefined);
    return this.#value === undefined || this.#now() - this.#value.at > TOO_OLD_MS
      ? undefined
      : this.#value.value;
  }
}
