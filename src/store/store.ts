import pg from 'pg';
import type { Command } from '../incident/commands.ts';
import { type Decision, decide, type Told } from '../incident/decide/index.ts';
import type { Effect, EffectSpec } from '../incident/effects.ts';
import { effectsOf } from '../incident/effects-of.ts';
import type { Event } from '../incident/events.ts';
import type { Policy } from '../incident/policy.ts';
import type { Incident } from '../incident/state.ts';
import { type Ask, asked, BILL_AT_COMMIT } from './budgets.ts';
import { type Bill, billed, compare, finish, firstMessage, keyOf, poolKey } from './commit.ts';
import { LEASE_MS } from './lease.ts';
import * as sql from './sql.ts';
import { storableJson } from './storable.ts';
import { inTransaction, type Transaction } from './transaction.ts';

/** Where a command goes: to an incident known by id, or to the one that a key belongs to now. */
export type Address =
  | { readonly incident: string }
  /** `pool:<name>` or `group:<key>`; an incident resolved within `reopenWithinMs` still answers to its key. */
  | { readonly key: string; readonly reopenWithinMs: number }
  /** A new aggregate of its own: a remedy asked for while no incident is open. */
  | { readonly fresh: string };

/** A command, where it goes and the rules it is decided by. */
export interface Post {
  readonly to: Address;
  readonly command: Command;
  /** The rules for the incident's pool; asked with the pool's name once the incident is known. */
  readonly policy: (pool: string | undefined) => Policy;
}

/** What came of a command. */
export interface Committed {
  /** The incident as it stands after it; `undefined` when there is none. */
  readonly incident?: Incident;
  readonly events: readonly Event[];
  readonly effects: readonly (EffectSpec & { readonly id: string })[];
  readonly told?: Told;
  /** The first message of a new incident, claimed in the same transaction for who asked to. */
  readonly claimed?: Claimed;
  /** The id of that message, where it waits until Slack takes it. */
  readonly waits?: string;
}

/** An effect that whoever committed it carries out at once, and what was committed with it. */
export interface Claimed {
  readonly effect: Effect;
  readonly with: { readonly incident: Incident; readonly now: Date };
}

/** The message of a slot as it was last drawn. */
export interface DrawnMessage {
  readonly channel: string;
  readonly ts: string;
  readonly digest: string;
}

/** What a drawing works with. */
export interface Drawing {
  readonly incident: Incident;
  readonly event?: Event;
  readonly message?: DrawnMessage;
  readonly now: Date;
}

/** What an effect leaves behind besides its command, committed in the same transaction. */
export interface EffectOutcome {
  readonly effect: string;
  readonly message?: DrawnMessage & { readonly incident: string; readonly slot: string };
  /** Why the effect is given up; it stays visible, and its lane goes on. */
  readonly dead?: string;
}

export interface StoreOptions {
  /** How the first message of a new incident into a channel is billed as it is committed; left out: not at all. */
  readonly firstBill?: (channel: string) => Ask;
  readonly url: string;
  /** How many connections the store may use; 10 when left out. */
  readonly connections?: number;
  /** Milliseconds added to the store's clock: tests move time with it. */
  readonly skewMs?: () => number;
  /**
   * The span that a commit is part of, as a W3C `traceparent`. It is kept with each event, so that whoever
   * carries out an effect of it, in another process too, goes on with the trace; an event's reader passes it over.
   */
  readonly traceparent?: () => string | undefined;
}

/** The incident that a command is decided on, locked; and the time by the store's clock. */
interface Found {
  readonly state: Incident | null;
  readonly now: Date;
}

/** Claiming is one short statement an effect. */
const CLAIM_CONNECTIONS = 4;

/**
 * The store: what happened (events), what stands (incidents) and what is owed (effects), in PostgreSQL.
 *
 * The store's own clock decides what time it is, so replicas whose clocks differ agree.
 */
export class Store {
  readonly pool: pg.Pool;
  /**
   * For claims of effects alone: they do not wait for the disk, but where the number of the try matters. A claim
   * that a crash of the server takes back leaves the effect owed, and it is safe to do again.
   */
  readonly claims: pg.Pool;
  readonly #skewMs: () => number;
  readonly #traceparent: () => string | undefined;
  readonly #firstBill: StoreOptions['firstBill'];

  constructor(options: StoreOptions) {
    this.#traceparent = options.traceparent ?? (() => undefined);
    this.#firstBill = options.firstBill;
    this.#skewMs = options.skewMs ?? (() => 0);
    const common = {
      connectionString: options.url,
      application_name: 'lifeguard-store',
      connectionTimeoutMillis: 5_000,
      // A store that hangs must be seen as one that is down: Alertmanager is told 503 and retries.
      query_timeout: 10_000,
      idle_in_transaction_session_timeout: 30_000,
      keepAlive: true,
      // A connection costs tens of milliseconds: an alert after a quiet hour must not wait for one.
      idleTimeoutMillis: 0,
    };
    this.pool = new pg.Pool({ ...common, max: options.connections ?? 10, pipeline: true });
    this.claims = new pg.Pool({ ...common, max: CLAIM_CONNECTIONS, options: '-c synchronous_commit=off' });
    for (const pool of [this.pool, this.claims]) {
      // Without listeners a connection that breaks, idle or in use, would end the process.
      pool.on('error', () => undefined);
      pool.on('connect', (client) => client.on('error', () => undefined));
    }
  }

  /** Milliseconds by which the store's clock is moved; 0 outside of tests. */
  get skewMs(): number {
    return this.#skewMs();
  }

  /** The time by the store's clock. */
  async now(): Promise<Date> {
    const { rows } = await this.pool.query<{ now: Date }>(sql.NOW, [this.#skewMs()]);
    return rows[0]?.now ?? new Date(Number.NaN);
  }

  /** Resolves when the store answers; rejects with the driver's error when it does not. */
  async ping(): Promise<void> {
    await this.pool.query('select 1');
  }

  /**
   * Decides commands and commits what they lead to: all of them, or none.
   *
   * Events, the incident's row, the effects and (when given) the end of the effect that reports here
   * are one transaction. Commands by key are put in one order, so that two deliveries of the same
   * notification wait for each other instead of deadlocking.
   *
   * @param claimant the runner that takes up the first message of a new incident at once: it is claimed
   * as it is committed, which saves the way to the store that stands between an alert and its thread
   * @throws the driver's error when the store cannot be written; nothing was committed then
   */
  async commit(posts: readonly Post[], outcome?: EffectOutcome, claimant?: string): Promise<Committed[]> {
    const order = posts.map((post, index) => ({ post, index })).sort((a, b) => compare(a.post.to, b.post.to));
    const results: Committed[] = new Array(posts.length);
    const keys = order.flatMap(({ post }) => ('key' in post.to ? [post.to.key] : []));
    const [first] = order;
    const lock = first === undefined ? undefined : this.#lockOf(first.post.to);
    const bills: ({ readonly index: number } & Bill)[] = [];
    await inTransaction<Found>(this.pool, sql.begin(keys, lock), async ({ read, write }, row) => {
      for (const { post, index } of order) {
        const found = index === first?.index ? row : await this.#lock(read, post.to);
        const result = this.#decide(write, post, found, claimant);
        results[index] = result;
        const bill = found?.state === null ? this.#bill(write, result) : undefined;
        if (bill !== undefined) bills.push({ index, ...bill });
      }
      if (outcome !== undefined) finish(write, outcome);
    });
    for (const { index, effect, budget, paid } of bills) {
      const result = results[index];
      if (result !== undefined) results[index] = billed(result, effect, (await paid) ? budget : undefined);
    }
    return results;
  }

  /** The first message of a new incident is paid for as it is committed: to do it later would take its time. */
  #bill(write: Transaction['write'], { incident, effects }: Committed): Bill | undefined {
    if (incident?.kind !== 'incident') return undefined;
    const ask = this.#firstBill?.(incident.channel);
    const effect = effects.find(({ kind }) => kind === 'slack.message')?.id;
    if (ask === undefined || effect === undefined) return undefined;
    const values = [...asked(ask, this.#skewMs()), effect];
    const sent = write({ name: 'bill-at-commit', text: BILL_AT_COMMIT, values });
    const paid = sent.then(({ rows }) => rows[0]?.paid === true);
    // A failure is that of the whole commit, which tells it.
    paid.catch(() => undefined);
    return { effect, budget: ask.budgets[0]?.key ?? '', paid };
  }

  /** Remembers the message of a slot whose effect is not over yet. */
  async keep({ incident, slot, channel, ts, digest }: NonNullable<EffectOutcome['message']>): Promise<void> {
    await this.pool.query(sql.SAVE_MESSAGE, [incident, slot, channel, ts, digest]);
  }

  #decide(
    write: Transaction['write'],
    post: Post,
    row: Found | undefined,
    claimant: string | undefined,
  ): Committed {
    if (row === undefined) throw new Error('the store returned no row where one is always returned');
    const found = { state: row.state ?? undefined, now: row.now };
    const policy = post.policy(found.state?.pool);
    const decision: Decision = decide(found.state, post.command, found.now, policy);
    const told = decision.told === undefined ? {} : { told: decision.told };
    if (decision.events.length === 0) {
      return {
        ...(found.state === undefined ? {} : { incident: found.state }),
        events: [],
        effects: [],
        ...told,
      };
    }
    const { state, effects } = effectsOf(found.state, decision.events, policy);
    const opens = found.state === undefined && claimant !== undefined;
    const claimed = opens ? firstMessage(state.id, effects, found.now) : undefined;
    const traceparent = this.#traceparent();
    const { events } = decision;
    const kept = traceparent === undefined ? events : events.map((event) => ({ ...event, traceparent }));
    const values = [
      state.id,
      keyOf(post.to, state),
      state.kind,
      state.status,
      state.pool ?? null,
      state.seq,
      storableJson(state),
      state.openedAt,
      state.resolved?.at ?? null,
      storableJson(kept),
      storableJson(effects),
      found.now,
      claimed?.id ?? null,
      claimant ?? null,
      LEASE_MS,
    ];
    void write({ name: 'append', text: sql.APPEND, values });
    return {
      incident: state,
      events: decision.events,
      effects,
      ...told,
      ...(claimed === undefined
        ? {}
        : { claimed: { effect: claimed, with: { incident: state, now: found.now } } }),
    };
  }

  async #lock(read: Transaction['read'], to: Address): Promise<Found | undefined> {
    const { rows } = await read<Found>(this.#lockOf(to));
    return rows[0];
  }

  #lockOf(to: Address): sql.Statement {
    const skew = this.#skewMs();
    if ('fresh' in to) return { name: 'nothing', text: sql.NOTHING, values: [skew] };
    return 'key' in to
      ? { name: 'lock-by-key', text: sql.LOCK_BY_KEY, values: [to.key, to.reopenWithinMs, skew] }
      : { name: 'lock-by-id', text: sql.LOCK_BY_ID, values: [to.incident, skew] };
  }

  /** The next incident's id, e.g. `inc-42`. Numbers are never used twice; gaps mean nothing. */
  async nextIncidentId(): Promise<string> {
    const { rows } = await this.pool.query<{ id: string }>(sql.NEXT_ID);
    return rows[0]?.id ?? 'inc-0';
  }

  /** The incident, or `undefined` when there is none of that id. */
  async incident(id: string): Promise<Incident | undefined> {
    const { rows } = await this.pool.query<{ state: Incident }>(sql.INCIDENT, [id]);
    return rows[0]?.state;
  }

  /** The incident that the pool's alerts go to now, if one is open. */
  async openIncidentOf(pool: string): Promise<Incident | undefined> {
    const { rows } = await this.pool.query<{ state: Incident }>(sql.OPEN_BY_KEY, [poolKey(pool)]);
    return rows[0]?.state;
  }

  /** Open incidents, oldest first, and those resolved since `resolvedSince`. */
  async incidents(options: { readonly limit: number; readonly resolvedSince?: Date }): Promise<Incident[]> {
    const { rows } = await this.pool.query<{ state: Incident }>(sql.INCIDENTS, [
      options.resolvedSince ?? null,
      options.limit,
    ]);
    return rows.map((row) => row.state);
  }

  /** Incidents of the pool, or of all, with a change of a remedy that stands: the newest first, resolved ones too. */
  async changed(pool: string | undefined, limit = 50): Promise<Incident[]> {
    const { rows } = await this.pool.query<{ state: Incident }>(sql.CHANGED, [pool ?? null, limit]);
    return rows.map((row) => row.state);
  }

  /** How many incidents are open. */
  async openCount(): Promise<number> {
    const { rows } = await this.pool.query<{ count: number }>(sql.OPEN_COUNT);
    return rows[0]?.count ?? 0;
  }

  /** All events of an incident, in order. */
  async events(incident: string): Promise<Event[]> {
    const { rows } = await this.pool.query<{ data: Event }>(sql.EVENTS, [incident]);
    return rows.map((row) => row.data);
  }

  /** One event of an incident by its sequence number. */
  async event(incident: string, seq: number): Promise<Event | undefined> {
    const { rows } = await this.pool.query<{ data: Event }>(sql.EVENT, [incident, seq]);
    return rows[0]?.data;
  }

  /** What a drawing of a slot needs: the incident, the event of a note, the message as it stands, and the time. */
  async drawing(incident: string, slot: string, seq: number | undefined): Promise<Drawing | undefined> {
    type Row = { state: Incident; event: Event | null; now: Date } & {
      [key in keyof DrawnMessage]: string | null;
    };
    const values = [incident, slot, seq ?? -1, this.#skewMs()];
    const { rows } = await this.pool.query<Row>({ name: 'drawing', text: sql.DRAWING, values });
    const row = rows[0];
    if (row === undefined) return undefined;
    const { state, event, now, channel, ts, digest } = row;
    return {
      incident: state,
      now,
      ...(event === null ? {} : { event }),
      ...(channel === null || ts === null || digest === null ? {} : { message: { channel, ts, digest } }),
    };
  }

  /** The message of a slot, if it was posted. */
  async message(incident: string, slot: string): Promise<DrawnMessage | undefined> {
    const { rows } = await this.pool.query<DrawnMessage>(sql.MESSAGE, [incident, slot]);
    return rows[0];
  }

  /** Which incident and slot a Slack message belongs to. */
  async messageAt(channel: string, ts: string): Promise<{ incident: string; slot: string } | undefined> {
    const { rows } = await this.pool.query<{ incident: string; slot: string }>(sql.MESSAGE_AT, [channel, ts]);
    return rows[0];
  }

  /** Closes the connections; waits for those in use. */
  async close(): Promise<void> {
    await Promise.all([this.pool.end(), this.claims.end()]);
  }
}
