import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LifelineError } from '../../src/pool/faults.ts';
import { Lifeline } from '../../src/pool/lifeline.ts';
import { readSample, utilisationPoint } from '../../src/pool/sample.ts';
import {
  type DetectionFacts,
  SAMPLE_EVERY_MS,
  Sampler,
  type SamplerOptions,
  type Told,
} from '../../src/pool/sampler.ts';
import type { Point } from '../../src/pool/series.ts';
import type { Timers } from '../../src/pool/timers.ts';
import { Samples } from '../../src/store/samples.ts';
import { type TestStore, testStore } from '../store/fixture.ts';
import { connect, type TestPostgres, testPostgres } from '../support/postgres.ts';
import { fill, makeRole, until } from './crowd.ts';

/** Ten o'clock and three seconds: in the middle of its 15 s. */
const START = Date.UTC(2026, 0, 2, 10, 0, 3);
const DETECT = { above: 90, forMs: 60_000, warn: 75 };

/** A clock that a test moves; what is due runs when it is passed. */
class HandClock implements Timers {
  #now = START;
  #due: { at: number; work: () => void }[] = [];

  now(): Date {
    return new Date(this.#now);
  }

  after(ms: number, work: () => void): () => void {
    const entry = { at: this.#now + ms, work };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((one) => one !== entry);
    };
  }

  pass(ms: number): void {
    this.#now += ms;
    const due = this.#due.filter(({ at }) => at <= this.#now);
    this.#due = this.#due.filter(({ at }) => at > this.#now);
    for (const { work } of due) work();
  }
}

let bench: TestStore;
let samples: Samples;
beforeAll(async () => {
  bench = await testStore();
  samples = new Samples(bench.store.pool);
});
afterAll(() => bench.close());

describe('one light statement', () => {
  let server: TestPostgres;
  let app: string;
  beforeAll(async () => {
    server = await testPostgres({ maxConnections: 15 });
    app = await makeRole(server, 'app');
    await makeRole(server, 'doctor', ['pg_monitor']);
    await makeRole(server, 'stranger');
  });
  afterAll(() => server.stop());

  async function sampleAs(user: string) {
    const lifeline = new Lifeline({ url: server.urlFor({ user, password: 'pw' }) });
    await lifeline.start();
    try {
      return await readSample(lifeline, new Date(START));
    } finally {
      await lifeline.close();
    }
  }

  /** Ends clients and waits until the server has forgotten them. */
  async function end(clients: readonly pg.Client[]): Promise<void> {
    for (const client of clients) await client.end();
    const admin = await server.admin();
    await until(
      async () =>
        (await admin.query("select 1 from pg_stat_activity where usename <> 'lifeguard'")).rowCount === 0,
    );
  }

  test('counts client backends by what they do, against what ordinary roles can have', async () => {
    await server.admin();
    const [idle, leak] = [await connect(app), await connect(app)];
    await idle.query('select 1');
    await leak.query('begin');
    await until(async () => (await sampleAs('doctor')).idleInTransaction === 1);
    // The administrator's, the two of the application, and our own, which is active.
    expect(await sampleAs('doctor')).toMatchObject({
      used: 4,
      usable: 12,
      active: 1,
      idle: 2,
      idleInTransaction: 1,
    });
    await end([idle, leak]);
  });

  test('a role that may not see what others do counts them all the same', async () => {
    await server.admin();
    const client = await connect(app);
    expect(await sampleAs('stranger')).toMatchObject({ used: 3, usable: 12 });
    await end([client]);
  });

  test('is 100 when ordinary roles can have no more', async () => {
    const lifeline = new Lifeline({ url: server.urlFor({ user: 'doctor', password: 'pw' }) });
    await lifeline.start();
    const crowd = await fill(app);
    // The connection that was refused is one of them until its backend has ended.
    await until(async () => utilisationPoint(await readSample(lifeline, new Date(START))).value === 100);
    await lifeline.close();
    await end(crowd);
  });
});

describe('a sampler', () => {
  const sampler: Sampler[] = [];
  let clock: HandClock;
  let pool: string;
  let used: number;
  let down: boolean;
  let downSince: Date;
  let asked: number;
  let points: Point[];
  let told: [Told, DetectionFacts][];
  let errors: Error[];
  let count = 0;

  beforeEach(() => {
    count += 1;
    [clock, pool, used, down, asked, points, told, errors] = [
      new HandClock(),
      `pool ${count}`,
      10,
      false,
      0,
      [],
      [],
      [],
    ];
  });
  afterEach(async () => {
    for (const one of sampler.splice(0)) await one.stop();
  });

  /** A connection that answers with `used`, or not at all while `down`. */
  const lifeline: SamplerOptions['lifeline'] = {
    state: () => ({ up: !down, since: downSince }),
    query: async () => {
      asked += 1;
      if (down) throw new LifelineError('down', 'gone', { code: 'ECONNREFUSED', message: 'gone' });
      return [{ used, usable: 20, active: 1, idle: used - 1, idle_in_transaction: 0 }];
    },
  };

  async function start(options: Partial<SamplerOptions> = {}): Promise<Sampler> {
    const one = new Sampler({
      pool,
      lifeline,
      samples,
      timers: clock,
      detect: DETECT,
      onSample: (_pool, point) => points.push(point),
      onDetect: (_pool, verdict, facts) => void told.push([verdict, facts]),
      onError: (error) => errors.push(error),
      ...options,
    });
    sampler.push(one);
    await one.start();
    return one;
  }

  /** Lets the clock pass `turns` times 15 s, and each sample end. */
  async function turns(n: number): Promise<void> {
    for (let turn = 0; turn < n; turn += 1) {
      const before = asked;
      clock.pass(SAMPLE_EVERY_MS);
      await until(() => asked > before);
      await settle();
    }
  }

  /** Waits until nothing of the sampler is under way: its store calls are through. */
  async function settle(): Promise<void> {
    for (let round = 0; round < 4; round += 1) {
      await until(() => bench.store.pool.idleCount === bench.store.pool.totalCount);
      await new Promise((done) => setImmediate(done));
    }
  }

  const words = () => told.map(([verdict]) => verdict);
  const rows = () => samples.since(pool, new Date(0));

  test('takes a sample at once and one in every 15 s, each with the beginning of its 15 s', async () => {
    await start();
    await turns(2);
    const seconds = (await rows()).map(({ at }) => at.toISOString().slice(17, 19));
    expect(seconds).toEqual(['00', '15', '30']);
    expect(points.map(({ value }) => value)).toEqual([50, 50, 50]);
  });

  test('of two replicas in the same 15 s there is one row, and each sees the other’s samples', async () => {
    const first = await start();
    await first.stop();
    const second = await start();
    expect(await rows()).toHaveLength(1);
    await turns(1);
    expect(second.history()).toHaveLength(2);
  });

  test('warns, opens and clears once each, with the moment it began', async () => {
    await start();
    used = 19;
    await turns(8);
    expect(words()).toEqual(['warn', 'open']);
    expect(told[1]?.[1]).toMatchObject({
      since: new Date(START - 3_000 + SAMPLE_EVERY_MS),
      sample: { used: 19 },
    });
    used = 4;
    await turns(8);
    expect(words()).toEqual(['warn', 'open', 'clear']);
    expect(told[2]?.[1]).toMatchObject({ over: 'open', since: told[1]?.[1].since });
  });

  test('one that has just started tells again what still holds, with the same beginning', async () => {
    const first = await start();
    used = 19;
    await turns(6);
    await first.stop();
    await start();
    expect(words()).toEqual(['warn', 'open', 'open']);
    expect(told[2]?.[1].since).toEqual(told[1]?.[1].since);
  });

  test('what could not be told is told with the next sample', async () => {
    let refuse = true;
    await start({
      onDetect: (_pool, verdict, facts) => {
        if (refuse) throw new Error('the store is away');
        told.push([verdict, facts]);
      },
    });
    used = 16;
    await turns(4);
    expect(words()).toEqual([]);
    expect(errors.length).toBeGreaterThan(0);
    refuse = false;
    await turns(1);
    expect(words()).toEqual(['warn']);
  });

  test('while the database is away there is a gap, not a zero; after 60 s that is told, and its return', async () => {
    await start();
    [down, downSince] = [true, clock.now()];
    await turns(3);
    expect(words()).toEqual([]);
    await turns(3);
    // At 60 s, and at every sample after it.
    expect(words()).toEqual(['unreachable', 'unreachable', 'unreachable']);
    expect(told[0]?.[1]).toMatchObject({
      since: downSince,
      fault: { code: 'ECONNREFUSED' },
      sample: { used: 10 },
    });
    expect(await rows()).toHaveLength(1);
    down = false;
    await turns(1);
    expect(words().at(-1)).toBe('reachable');
    expect((await rows()).map((row) => row.used)).toEqual([10, 10]);
  });

  test('what only this replica cannot reach is not called unreachable while another one samples it', async () => {
    await start();
    [down, downSince] = [true, clock.now()];
    const other = { used: 11, usable: 20, active: 1, idle: 10, idleInTransaction: 0 };
    for (let turn = 0; turn < 8; turn += 1) {
      await turns(1);
      const slot = Math.floor(clock.now().getTime() / SAMPLE_EVERY_MS) * SAMPLE_EVERY_MS;
      if (turn < 6) await samples.insert(pool, { at: new Date(slot), ...other });
    }
    expect(words()).toEqual([]);
    await turns(4);
    expect(words()[0]).toBe('unreachable');
  });

  test('without detection it samples all the same, and tells only silence', async () => {
    const one = new Sampler({
      pool,
      lifeline,
      samples,
      timers: clock,
      onSample: (_pool, point) => points.push(point),
      onDetect: (_pool, verdict, facts) => void told.push([verdict, facts]),
      onError: (error) => errors.push(error),
    });
    sampler.push(one);
    await one.start();
    used = 20;
    await turns(8);
    expect(words()).toEqual([]);
    expect(points).toHaveLength(9);
  });

  test('while the store is away it goes on from memory', async () => {
    const broken = async () => Promise.reject(new Error('the store is away'));
    await start({ samples: { insert: broken, since: broken, forget: broken } });
    used = 19;
    await turns(6);
    expect(words()).toEqual(['warn', 'open']);
    expect(await rows()).toEqual([]);
    expect(errors.length).toBeGreaterThan(0);
  });

  test('samples older than a day go, from memory and from the store', async () => {
    await samples.insert(pool, {
      at: new Date(START - 25 * 3_600_000),
      used: 1,
      usable: 20,
      active: 0,
      idle: 1,
      idleInTransaction: 0,
    });
    const one = await start();
    expect(one.history()).toHaveLength(1);
    expect(await rows()).toHaveLength(1);
  });

  test('after stop nothing is asked any more', async () => {
    const one = await start();
    await one.stop();
    const before = asked;
    clock.pass(10 * SAMPLE_EVERY_MS);
    expect(asked).toBe(before);
  });
});
