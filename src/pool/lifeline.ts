import { type Fault, faultOf, LifelineError } from './faults.ts';
import { reopenInMs } from './reopen.ts';
import { openSession, SESSION_TIMEOUT_MS, type Session } from './session.ts';
import { type Row, runActing, runReading } from './statement.ts';
import { supervise } from './supervise.ts';
import { systemTimers, type Timers } from './timers.ts';
import { type Rank, Turns } from './turns.ts';

/** How to reach the pool's server and when to worry; times in milliseconds. */
export interface LifelineOptions {
  /** Connection string of the database in trouble, with `sslmode` as PostgreSQL documents it. */
  readonly url: string;
  /** Called when the connection comes, goes, or fails for another reason than before. */
  readonly onChange?: (state: LifelineState) => void;
  readonly timers?: Timers;
  /** A number in [0, 1) for the jitter; default Math.random. */
  readonly random?: () => number;
  readonly heartbeatMs?: number;
  readonly connectTimeoutMs?: number;
  /** How much longer than the server's own timeout we wait for an answer. */
  readonly graceMs?: number;
}

/** What is known of the connection. */
export interface LifelineState {
  readonly up: boolean;
  /** Since when it is up, or down. */
  readonly since: Date;
  /** Why it is down; absent while it is up. */
  readonly lastError?: Fault;
  /** `server_version_num` of the last connection, for example 160004. */
  readonly serverVersion?: number;
  /** The connection goes through a pooler such as PgBouncer and cannot keep its promise: connect directly. */
  readonly viaPooler?: boolean;
}

/** Times of one call, in milliseconds. */
export interface CallOptions {
  /** The server ends the statement after this long. Default 2,000. */
  readonly timeoutMs?: number;
}

const HEARTBEAT_MS = 5_000;
const HEARTBEAT_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
const GRACE_MS = 1_000;
const CLOSE_TIMEOUT_MS = 1_000;
/** Someone asks for the connection while we wait: try at once, but no more often than this. */
const REOPEN_ON_DEMAND_MS = 1_000;

/**
 * The one warm connection to a pool's server, held from before the incident, so that checks and kills
 * still run when the server takes no new connection.
 *
 * It is `up` with a session, or down. Down, it is either trying (calls wait for the outcome) or pausing
 * before the next try (calls fail at once, or start a try when the last one is a while ago); it tries for
 * ever. A session is lost when its socket breaks or when an answer is overdue. An overdue session becomes
 * the suspect: it is not cut before another is open, because at the limit of connections it may be the
 * only one we get, and it is taken back when it answers after all.
 *
 * Calls run one at a time; a kill goes before waiting checks, and a check holds the connection for its
 * timeout at most.
 */
export class Lifeline {
  readonly #options: LifelineOptions;
  readonly #timers: Timers;
  readonly #turns = new Turns<Session>();
  #state: LifelineState;
  #session: Session | undefined;
  #suspect: Session | undefined;
  #busy = false;
  #lastHeard = 0;
  #attempt: Promise<void> | undefined;
  #failures = 0;
  #lastAttempt = 0;
  #callOffReopen = () => {};
  #callOffHeartbeat = () => {};
  readonly #closing = new AbortController();

  constructor(options: LifelineOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#state = { up: false, since: this.#timers.now() };
  }

  /** Opens the connection. Resolves after the first try, whether it succeeded or not; never rejects. */
  start(): Promise<void> {
    return this.#open();
  }

  /** What is known of the connection now. */
  state(): LifelineState {
    return this.#state;
  }

  /**
   * Runs one reading statement in a read-only transaction that is rolled back.
   *
   * Throws `pg.DatabaseError` for an error of the statement (57014 when it took longer than its timeout),
   * LifelineError when the connection is down or does not answer.
   */
  query(sql: string, params: readonly unknown[] = [], options: CallOptions = {}): Promise<Row[]> {
    const timeoutMs = options.timeoutMs ?? SESSION_TIMEOUT_MS;
    return this.#call('check', timeoutMs, (session) => runReading(session, sql, params, timeoutMs));
  }

  /**
   * Runs one statement that acts (ends a backend, say), outside a transaction and before any waiting check.
   * Throws as `query` does; after a LifelineError with reason `timeout` or `down` it may have happened.
   */
  act(sql: string, params: readonly unknown[] = [], options: CallOptions = {}): Promise<Row[]> {
    const timeoutMs = options.timeoutMs ?? SESSION_TIMEOUT_MS;
    return this.#call('act', timeoutMs, (session) => runActing(session, sql, params, timeoutMs));
  }

  /** Closes the connection for good; waiting calls are refused. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#callOffReopen();
    this.#callOffHeartbeat();
    this.#turns.refuseAll(closedError());
    this.#suspect?.destroy();
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) {
      const callOff = this.#timers.after(CLOSE_TIMEOUT_MS, () => session.destroy());
      await session.client.end().catch(() => {});
      callOff();
    }
    await this.#attempt;
  }

  #call(rank: Rank, timeoutMs: number, work: (session: Session) => Promise<Row[]>): Promise<Row[]> {
    return new Promise((done, fail) => {
      if (this.#closing.signal.aborted) return fail(closedError());
      if (this.#session === undefined && this.#attempt === undefined) {
        if (this.#timers.now().getTime() - this.#lastAttempt < REOPEN_ON_DEMAND_MS)
          return fail(this.#downError());
        void this.#open();
      }
      this.#turns.add(rank, {
        refuse: fail,
        run: (session) => this.#supervise(session, work(session), timeoutMs).then(done, fail),
      });
      this.#pump();
    });
  }

  /** Gives the connection to whoever is next, if it is free. */
  #pump(): void {
    const session = this.#session;
    if (this.#busy || session === undefined) return;
    const turn = this.#turns.next();
    if (turn === undefined) return;
    this.#busy = true;
    void turn.run(session).finally(() => {
      this.#busy = false;
      this.#pump();
    });
  }

  /** Waits for `work`, but no longer than the server should take; then the session is under suspicion. */
  #supervise(session: Session, work: Promise<Row[]>, timeoutMs: number): Promise<Row[]> {
    const limitMs = timeoutMs + (this.#options.graceMs ?? GRACE_MS);
    return supervise(work, limitMs, this.#timers, {
      overdue: (error) => {
        if (this.#session === session) this.#suspect = session;
        this.#lost(session, error);
      },
      answered: (late) => {
        this.#lastHeard = this.#timers.now().getTime();
        if (late) this.#takeBack(session);
      },
      broken: (error) => {
        this.#broken(session, error);
        const fault = this.#state.lastError ?? faultOf(error);
        return new LifelineError('down', `the connection to the pool broke: ${fault.message}`, fault);
      },
    });
  }

  /** The suspect has answered: if no other connection has taken its place, it is as good as ever. */
  #takeBack(session: Session): void {
    if (this.#suspect !== session || this.#session !== undefined || this.#closing.signal.aborted) return;
    this.#adopt(session);
  }

  #adopt(session: Session): void {
    this.#callOffReopen();
    if (this.#suspect !== session) this.#suspect?.destroy();
    this.#suspect = undefined;
    this.#session = session;
    this.#failures = 0;
    this.#lastHeard = this.#timers.now().getTime();
    const { serverVersion, viaPooler } = session;
    this.#tell({ up: true, since: this.#timers.now(), serverVersion, viaPooler });
    this.#scheduleHeartbeat();
    this.#pump();
  }

  /** The session is of no use any more: say so and try at once for another, before the slot is gone. */
  #lost(session: Session, error: unknown): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#callOffHeartbeat();
    if (this.#suspect !== session) session.destroy();
    if (this.#closing.signal.aborted) return;
    this.#fail(error);
    void this.#open();
  }

  #open(): Promise<void> {
    if (this.#closing.signal.aborted || this.#session !== undefined) return Promise.resolve();
    this.#callOffReopen();
    this.#attempt ??= this.#tryOpen().finally(() => {
      this.#attempt = undefined;
    });
    return this.#attempt;
  }

  async #tryOpen(): Promise<void> {
    try {
      const timeoutMs = this.#options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
      const { signal } = this.#closing;
      const session = await openSession(this.#options.url, { timers: this.#timers, timeoutMs, signal });
      // Meanwhile we may have been closed, or the suspect taken back.
      if (this.#closing.signal.aborted || this.#session !== undefined) return session.destroy();
      for (const event of ['error', 'end'] as const) {
        session.client.on(event, (error?: unknown) => this.#broken(session, error));
      }
      this.#adopt(session);
    } catch (error) {
      // From here on a call is not to wait for this try.
      this.#attempt = undefined;
      this.#lastAttempt = this.#timers.now().getTime();
      if (this.#closing.signal.aborted || this.#session !== undefined) return;
      this.#fail(error);
      this.#turns.refuseAll(this.#downError());
      this.#failures += 1;
      const random = (this.#options.random ?? Math.random)();
      const waitMs = reopenInMs(this.#failures, faultOf(error).code, random);
      this.#callOffReopen = this.#timers.after(waitMs, () => void this.#open());
    }
  }

  #broken(session: Session, error: unknown): void {
    if (this.#suspect === session) this.#suspect = undefined;
    this.#lost(session, error ?? new Error('the server closed the connection'));
  }

  #scheduleHeartbeat(): void {
    const everyMs = this.#options.heartbeatMs ?? HEARTBEAT_MS;
    this.#callOffHeartbeat();
    this.#callOffHeartbeat = this.#timers.after(everyMs, () => {
      const idleMs = this.#timers.now().getTime() - this.#lastHeard;
      if (!this.#busy && idleMs >= everyMs / 2) this.#beat();
      if (this.#session !== undefined) this.#scheduleHeartbeat();
    });
  }

  #beat(): void {
    const timeoutMs = HEARTBEAT_TIMEOUT_MS;
    this.#call('heartbeat', timeoutMs, (session) => runReading(session, 'select 1', [], timeoutMs)).catch(
      () => {
        // Whoever lost the session has said so already.
      },
    );
  }

  #fail(error: unknown): void {
    const lastError = faultOf(error);
    const { up, since, serverVersion } = this.#state;
    const was = this.#state.lastError?.code;
    const next: LifelineState = {
      up: false,
      since: up ? this.#timers.now() : since,
      lastError,
      ...(serverVersion === undefined ? {} : { serverVersion }),
    };
    if (up || was !== lastError.code) this.#tell(next);
    else this.#state = next;
  }

  #tell(state: LifelineState): void {
    this.#state = state;
    this.#options.onChange?.(state);
  }

  #downError(): LifelineError {
    const fault = this.#state.lastError;
    const why = fault === undefined ? 'not opened yet' : fault.message;
    return new LifelineError('down', `no connection to the pool: ${why}`, fault);
  }
}

function closedError(): LifelineError {
  return new LifelineError('closed', 'the connection to the pool was closed');
}
