import { type ConnectionOptions, createPostgresBackend, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';

/** The queue that carries effect ids to a worker. What it loses, the sweeper sends again. */
export interface EffectQueue {
  readonly backend: 'postgres' | 'redis';
  /**
   * Offers effects to the workers. An id that is queued already is not queued twice.
   *
   * @throws Error when the queue cannot take them within a second
   */
  add(ids: readonly string[]): Promise<void>;
  /** Starts working: `run` is called with each id, up to `concurrency` at a time. */
  work(run: (id: string) => Promise<void>, concurrency: number): Promise<void>;
  /** Resolves when the queue answers. */
  ping(): Promise<void>;
  /** How many ids wait in the queue. */
  depth(): Promise<number>;
  /** Stops working, and waits for what runs; ids are still taken for other workers. */
  rest(): Promise<void>;
  /** Stops working, waits for what runs, and closes the connections. */
  close(): Promise<void>;
}

const QUEUE = 'effects';

/** A queue that hangs must not hold up the answer to a webhook: the store has the effect already. */
const ADD_TIMEOUT_MS = 1_000;

/**
 * A worker that has not renewed its hold on an id for this long is taken for dead. As long as BullMQ
 * waits for it (30 to 60 s by its defaults), it drops every new offer of the id, and what a killed
 * replica was doing is held up although its claim in the store was freed long ago. A worker that was
 * only slow loses nothing: the claim keeps the second run from doing the work twice.
 */
const LOST_AFTER_MS = 2_000;

/** The store is the truth, so nothing is kept in the queue once it has run. */
const JOB = { removeOnComplete: true, removeOnFail: true } as const;

export interface QueueOptions {
  /** Redis 6.2 or newer, or Valkey; without it the queue lives in the store. */
  readonly redisUrl?: string;
  readonly storeUrl: string;
  readonly onError: (error: Error) => void;
  /** Milliseconds after which a worker that says nothing is taken for dead; 2,000 when left out. */
  readonly lostAfterMs?: number;
}

/** Opens the queue: BullMQ on Redis where it is configured, on the store's PostgreSQL otherwise. */
export async function openQueue(options: QueueOptions): Promise<EffectQueue> {
  return options.redisUrl === undefined ? openOnPostgres(options) : openOnRedis(options, options.redisUrl);
}

/** What is used of BullMQ's queue and worker, whichever backend they stand on. */
interface AnyQueue {
  addBulk(jobs: { name: string; data: object; opts: { jobId: string } }[]): Promise<unknown>;
  getWaitingCount(): Promise<number>;
  close(): Promise<void>;
}
interface AnyWorker {
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

async function openOnPostgres({ storeUrl, onError, lostAfterMs }: QueueOptions): Promise<EffectQueue> {
  const connection = (max: number, migrate: boolean) => ({
    connectionString: storeUrl,
    schema: 'bullmq',
    application_name: 'lifeguard-queue',
    // What a crash of the server takes from the queue, the sweeper sends again: it need not wait for the disk.
    options: '-c synchronous_commit=off',
    max,
    idleTimeoutMillis: 0,
    migrate,
  });
  const queue = new Queue(
    QUEUE,
    { connection: connection(3, true), defaultJobOptions: JOB },
    createPostgresBackend,
  );
  queue.on('error', onError);
  await ready(queue);
  return build('postgres', queue, onError, (run, concurrency) => {
    return new Worker(
      QUEUE,
      async (job) => run(String(job.id)),
      {
        connection: connection(4, false),
        ...workerOptions(concurrency, lostAfterMs),
      },
      createPostgresBackend,
    );
  });
}

async function openOnRedis({ onError, lostAfterMs }: QueueOptions, redisUrl: string): Promise<EffectQueue> {
  // Adding fails fast, so that a click is not held up; working waits for Redis as long as it takes.
  const adding = new Redis(redisUrl, {
    maxRetriesPerRequest: 1,
    enableOfflineQueue: true,
    connectTimeout: 2_000,
  });
  const working = new Redis(redisUrl, { maxRetriesPerRequest: null });
  adding.on('error', onError);
  working.on('error', onError);
  const queue = new Queue(QUEUE, { connection: adding as ConnectionOptions, defaultJobOptions: JOB });
  queue.on('error', onError);
  const built = build('redis', queue, onError, (run, concurrency) => {
    return new Worker(QUEUE, async (job) => run(String(job.id)), {
      connection: working as ConnectionOptions,
      ...workerOptions(concurrency, lostAfterMs),
    });
  });
  return {
    ...built,
    async ping() {
      await within(ADD_TIMEOUT_MS, adding.ping());
    },
    async close() {
      await within(5_000, built.close()).catch(onError);
      adding.disconnect();
      working.disconnect();
    },
  };
}

function workerOptions(concurrency: number, lostAfterMs = LOST_AFTER_MS) {
  return {
    concurrency,
    lockDuration: lostAfterMs,
    stalledInterval: lostAfterMs / 2,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  };
}

function build(
  backend: 'postgres' | 'redis',
  queue: AnyQueue,
  onError: (error: Error) => void,
  start: (run: (id: string) => Promise<void>, concurrency: number) => AnyWorker,
): EffectQueue {
  let worker: AnyWorker | undefined;
  return {
    backend,
    async add(ids) {
      if (ids.length === 0) return;
      await within(
        ADD_TIMEOUT_MS,
        queue.addBulk(ids.map((id) => ({ name: 'effect', data: {}, opts: { jobId: id } }))),
      );
    },
    async work(run, concurrency) {
      worker = start(run, concurrency);
      worker.on('error', onError);
      await ready(worker);
    },
    async ping() {
      await within(ADD_TIMEOUT_MS, queue.getWaitingCount());
    },
    async depth() {
      return within(ADD_TIMEOUT_MS, queue.getWaitingCount());
    },
    async rest() {
      await worker?.close();
    },
    async close() {
      await worker?.close();
      await queue.close();
    },
  };
}

/** Waits until it has its connections; one that cannot get them is put away, for another to be made. */
async function ready(one: { waitUntilReady(): Promise<unknown>; close(): Promise<void> }): Promise<void> {
  try {
    await one.waitUntilReady();
  } catch (error) {
    await within(ADD_TIMEOUT_MS, one.close()).catch(() => undefined);
    throw error;
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`the queue did not answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
