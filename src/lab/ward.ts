import pg from 'pg';
import type { Patient } from './patient.ts';
import type { Random } from './random.ts';

/** Everyone but Lifeguard and the lab's administrator. */
const EVICT_SQL = `
select count(pg_terminate_backend(pid, 5000))::int as ended
  from pg_stat_activity
 where backend_type = 'client backend'
   and usename = 'shop'`;

const PREPARED_SQL = 'select gid from pg_prepared_xacts';

/** The ordinary statement of the shop: a look at the stock that takes `$1` seconds of work. */
const WORK = 'select pg_sleep($1) from stock where item = $2';

/** One run on a patient: the application's connections, its load and its traffic figures. */
export class Ward {
  readonly patient: Patient;
  readonly random: Random;
  /** A minute of the lab, in milliseconds. */
  readonly minuteMs: number;
  /** What the shop's ordinary statement takes in this run. */
  readonly workMs: number;
  /** Requests served since `requests` was last set to 0. */
  requests = 0;
  /** Times the baseline that the traffic is said to be. */
  ratio: number;
  /** Share of requests that are said to fail. */
  errorShare = 0;
  #open = true;
  readonly #running: Promise<unknown>[] = [];

  constructor(patient: Patient, random: Random, minuteMs: number) {
    this.patient = patient;
    this.random = random;
    this.minuteMs = minuteMs;
    this.workMs = random.real(20, 50);
    this.ratio = random.real(0.8, 1.3);
  }

  /** Opens one connection of the application. */
  async connect(application = 'catalytic-api'): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.patient.appUrl, application_name: application });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Opens `count` connections, one after the other. */
  async connectMany(count: number, application?: string): Promise<pg.Client[]> {
    const clients: pg.Client[] = [];
    for (let n = 0; n < count; n += 1) clients.push(await this.connect(application));
    return clients;
  }

  /** Starts what will not end by itself; its error at the end of the run is no news. */
  start(work: Promise<unknown>): void {
    this.#running.push(work.catch(() => undefined));
  }

  /** Waits `ms` milliseconds. */
  pause(ms: number): Promise<void> {
    return new Promise((done) => setTimeout(done, ms));
  }

  /** Has each client make `request` again and again, `pauseMs` apart. */
  keepBusy(
    clients: readonly pg.Client[],
    request: (client: pg.Client) => Promise<unknown>,
    pauseMs: number,
  ): void {
    for (const client of clients) {
      this.start(
        this.#whileOpen(async () => {
          await request(client);
          this.requests += 1;
          await this.pause(this.random.real(0.5, 1.5) * pauseMs);
        }),
      );
    }
  }

  /** So many visitors at a time who each come with a connection of their own and leave soon. */
  churn(visitors: number, stayMs: number): void {
    for (let n = 0; n < visitors; n += 1) {
      this.start(
        this.#whileOpen(async () => {
          const client = await this.connect();
          await this.work(client);
          this.requests += 1;
          await this.pause(this.random.real(0.5, 1.5) * stayMs);
          await client.end();
        }),
      );
    }
  }

  /** The shop's ordinary statement, `times` as long as usual. */
  work(client: pg.Client, times = 1): Promise<unknown> {
    const seconds = (this.workMs * times * this.random.real(0.8, 1.2)) / 1_000;
    return client.query(WORK, [seconds, this.random.whole(1, 200)]);
  }

  /** Ends the run: everyone is sent home and the patient is as before. */
  async clear(): Promise<void> {
    this.#open = false;
    const { admin } = this.patient;
    await admin.query('alter system reset synchronous_standby_names');
    await admin.query('select pg_reload_conf()');
    for (let round = 0; round < 20; round += 1) {
      const { rows } = await admin.query<{ ended: number }>(EVICT_SQL);
      const { rows: left } = await admin.query<{ gid: string }>(PREPARED_SQL);
      for (const { gid } of left) await admin.query(`rollback prepared ${pg.escapeLiteral(gid)}`);
      if (rows[0]?.ended === 0 && left.length === 0) break;
      await this.pause(20);
    }
    await Promise.all(this.#running);
    await admin.query(EVICT_SQL);
  }

  async #whileOpen(work: () => Promise<void>): Promise<void> {
    while (this.#open) {
      try {
        await work();
      } catch {
        // Cut off, or no connection left: an application tries again, but not at once.
        await this.pause(50);
        if (!this.#open) return;
      }
    }
  }
}
