import { createPostgresBackend, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type EffectQueue, openQueue, type QueueOptions } from '../../src/effects/queue.ts';
import { needs } from '../support/needs.ts';
import { testDatabase } from '../support/postgres.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { until } from './until.ts';

const redisServer = needs('redis-server', 'redis-server');

/** So long that a worker held up by a busy machine is not taken for dead, and nothing runs twice. */
const PATIENT_MS = 30_000;

let database: Awaited<ReturnType<typeof testDatabase>>;
let redis: TestRedis | undefined;
const open: EffectQueue[] = [];
const errors: Error[] = [];

beforeAll(async () => {
  database = await testDatabase();
});

afterAll(async () => {
  await redis?.stop();
  await database.drop();
});

beforeEach(() => {
  errors.length = 0;
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((queue) => queue.close()));
});

/** Opens a queue that the end of the test closes. */
async function opened(options: Partial<QueueOptions>): Promise<EffectQueue> {
  const queue = await openQueue({
    storeUrl: database.url,
    onError: (error) => errors.push(error),
    ...options,
  });
  open.push(queue);
  return queue;
}

/** What makes a worker that takes work up and is then never heard of again, as after `kill -9`. */
interface Backend {
  readonly name: 'postgres' | 'redis';
  readonly options: () => Promise<Partial<QueueOptions>>;
  readonly takeAndDie: (lockMs: number) => Promise<{ taken: string | undefined; bury: () => Promise<void> }>;
}

/** Takes one id by hand: held for `lockMs`, never renewed, never finished. */
async function take(
  worker: Pick<Worker, 'getNextJob'> & { waitUntilReady(): Promise<unknown> },
): Promise<string | undefined> {
  await worker.waitUntilReady();
  return (await worker.getNextJob('a dead worker'))?.id;
}

const ON_POSTGRES: Backend = {
  name: 'postgres',
  options: async () => ({}),
  takeAndDie: async (lockDuration) => {
    const connection = { connectionString: database.url, schema: 'bullmq', migrate: false };
    const worker = new Worker(
      'effects',
      null,
      { connection, lockDuration, autorun: false },
      createPostgresBackend,
    );
    return { taken: await take(worker), bury: () => worker.close(true) };
  },
};

const ON_REDIS: Backend = {
  name: 'redis',
  options: async () => {
    redis ??= await startRedis();
    return { redisUrl: redis.url };
  },
  takeAndDie: async (lockDuration) => {
    const connection = new Redis(redis?.url ?? '', { maxRetriesPerRequest: null });
    const worker = new Worker('effects', null, { connection, lockDuration, autorun: false });
    const taken = await take(worker);
    return {
      taken,
      bury: async () => {
        await worker.close(true);
        connection.disconnect();
      },
    };
  },
};

for (const { backend, skip, reason } of [
  { backend: ON_POSTGRES, skip: false, reason: '' },
  { backend: ON_REDIS, skip: redisServer.skip, reason: redisServer.reason },
]) {
  describe.skipIf(skip)(`the queue on ${backend.name}${reason}`, () => {
    let queue: EffectQueue;

    beforeEach(async () => {
      queue = await opened({ ...(await backend.options()), lostAfterMs: PATIENT_MS });
    });

    test('says which backend it stands on, answers, and is empty at first', async () => {
      expect(queue.backend).toBe(backend.name);
      await expect(queue.ping()).resolves.toBeUndefined();
      expect(await queue.depth()).toBe(0);
    });

    test('brings every id to a worker once', async () => {
      const ran: string[] = [];
      await queue.work(async (id) => void ran.push(id), 4);
      const ids = Array.from({ length: 50 }, (_, index) => `inc-1.${index}.0`);
      await queue.add(ids);
      await until('all have run', () => ran.length >= ids.length);
      expect(ran.toSorted()).toEqual(ids.toSorted());
      await until('the queue is empty', async () => (await queue.depth()) === 0);
      expect(ran).toHaveLength(ids.length);
    });

    test('does not queue an id twice while it waits', async () => {
      await queue.add(['inc-2.1.0', 'inc-2.1.0']);
      await queue.add(['inc-2.1.0']);
      expect(await queue.depth()).toBe(1);
      const ran: string[] = [];
      await queue.work(async (id) => void ran.push(id), 4);
      await until('it has run', () => ran.length > 0);
      await until('the queue is empty', async () => (await queue.depth()) === 0);
      expect(ran).toEqual(['inc-2.1.0']);
    });

    test('takes an id again once it has run, well or badly', async () => {
      const ran: string[] = [];
      await queue.work(async (id) => {
        ran.push(id);
        if (ran.length === 2) throw new Error('this run fails');
      }, 1);
      for (let runs = 1; runs <= 3; runs += 1) {
        // The end of the last run reaches the queue a moment after the run: the id may still be held.
        await until(`run ${runs}`, async () => {
          await queue.add(['inc-3.1.0']);
          return ran.length >= runs;
        });
      }
      expect(new Set(ran)).toEqual(new Set(['inc-3.1.0']));
    });

    test('runs no more at a time than it was told', async () => {
      let running = 0;
      let most = 0;
      let ran = 0;
      await queue.work(async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 20));
        running -= 1;
        ran += 1;
      }, 3);
      await queue.add(Array.from({ length: 12 }, (_, index) => `inc-4.${index}.0`));
      // An id that the test before offered once more than it ran may still be there.
      await until('all have run', () => ran >= 12);
      expect(most).toBe(3);
    });

    test('is shared by replicas: what one adds, both run, each id once', async () => {
      const other = await opened({ ...(await backend.options()), lostAfterMs: PATIENT_MS });
      const ran: string[] = [];
      const busy = new Set<string>();
      for (const [name, replica] of Object.entries({ queue, other })) {
        await replica.work(async (id) => {
          ran.push(id);
          busy.add(name);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }, 2);
      }
      const ids = Array.from({ length: 40 }, (_, index) => `inc-5.${index}.0`);
      await queue.add(ids);
      await until('all have run', () => ran.length >= ids.length);
      expect(ran.toSorted()).toEqual(ids.toSorted());
      expect(busy.size).toBe(2);
    });

    test('lets go soon of what a killed worker held', async () => {
      // Redis remembers when the last worker looked for the dead, and how patient that one was.
      await redis?.command('FLUSHALL');
      const heir = await opened({ ...(await backend.options()), lostAfterMs: 1_000 });
      await heir.add(['inc-6.1.0']);
      const { taken, bury } = await backend.takeAndDie(1_000);
      try {
        expect(taken).toBe('inc-6.1.0');
        const ran: string[] = [];
        await heir.work(async (id) => void ran.push(id), 1);
        await until('it runs again', () => ran.length > 0, 5_000);
        expect(ran[0]).toBe('inc-6.1.0');
      } finally {
        await bury();
      }
    });

    test('waits for what runs when it is closed', async () => {
      let ended = false;
      await queue.work(async () => {
        await new Promise((resolve) => setTimeout(resolve, 150));
        ended = true;
      }, 1);
      await queue.add(['inc-7.1.0']);
      await until('it runs', async () => (await queue.depth()) === 0);
      await queue.close();
      open.splice(open.indexOf(queue), 1);
      expect(ended).toBe(true);
    });
  });
}

test("two queues that open at once on a store without the queue's schema do not clash", async () => {
  const fresh = await testDatabase();
  try {
    const queues = await Promise.all([1, 2, 3, 4].map(() => opened({ storeUrl: fresh.url })));
    const ran: string[] = [];
    await queues[0]?.work(async (id) => void ran.push(id), 1);
    await queues[3]?.add(['inc-1.1.0']);
    await until('what one adds, another runs', () => ran.length === 1);
    expect(errors).toEqual([]);
    await Promise.all(open.splice(0).map((queue) => queue.close()));
  } finally {
    await fresh.drop();
  }
});

describe.skipIf(redisServer.skip)(`a Redis that goes away${redisServer.reason}`, () => {
  test('is said within about a second, and is used again when it is back', async () => {
    const first = await startRedis();
    let second: TestRedis | undefined;
    try {
      const queue = await opened({ redisUrl: first.url });
      const ran: string[] = [];
      await queue.work(async (id) => void ran.push(id), 1);
      await queue.add(['before']);
      await until('it runs', () => ran.includes('before'));

      await first.stop();
      const began = performance.now();
      await expect(queue.add(['during'])).rejects.toThrow();
      await expect(queue.ping()).rejects.toThrow();
      expect(performance.now() - began).toBeLessThan(2 * 1_500);

      second = await startRedis(first.port);
      await until('the queue takes ids again', () =>
        queue.add(['after']).then(
          () => true,
          () => false,
        ),
      );
      await until('it runs', () => ran.includes('after'));
      await queue.close();
      open.splice(open.indexOf(queue), 1);
    } finally {
      await first.stop();
      await second?.stop();
    }
  });

  test('and forgets all does no harm to what is added later', async () => {
    const server = await startRedis();
    try {
      const queue = await opened({ redisUrl: server.url });
      await queue.add(['lost']);
      const ran: string[] = [];
      expect(await server.command('FLUSHALL')).toBe('+OK');
      await queue.work(async (id) => void ran.push(id), 1);
      expect(await server.command('FLUSHALL')).toBe('+OK');
      await queue.add(['kept']);
      await until('it runs', () => ran.includes('kept'));
      expect(ran).toEqual(['kept']);
      await queue.close();
      open.splice(open.indexOf(queue), 1);
    } finally {
      await server.stop();
    }
  });
});
