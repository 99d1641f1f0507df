import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Later } from '../../src/effects/handler.ts';
import { type EffectQueue, openQueue } from '../../src/effects/queue.ts';
import { levels, MINUTE, only, RITA, SECOND } from '../incident/given.ts';
import { type TestStore, testStore } from '../store/fixture.ts';
import { needs } from '../support/needs.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { until } from './until.ts';
import { ordinary, testWorks, type Works } from './works.ts';

const redisServer = needs('redis-server', 'redis-server');

for (const { backend, skip, reason } of [
  { backend: 'postgres', skip: false, reason: '' },
  { backend: 'redis', skip: redisServer.skip, reason: redisServer.reason },
]) {
  describe.skipIf(skip)(`from a commit to its handlers, over ${backend}${reason}`, () => {
    let db: TestStore;
    let redis: TestRedis | undefined;
    let works: Works | undefined;

    beforeAll(async () => {
      db = await testStore();
      if (backend === 'redis') redis = await startRedis();
    });

    afterAll(async () => {
      await db.close();
      await redis?.stop();
    });

    afterEach(async () => {
      await works?.stop();
      works = undefined;
      await db.query(`update effects set status = 'done' where status = 'owed'`);
    });

    async function queue(): Promise<EffectQueue> {
      return openQueue({
        storeUrl: db.url,
        onError: () => undefined,
        ...(redis === undefined ? {} : { redisUrl: redis.url }),
      });
    }

    /** Loses every id that waits in the queue. */
    async function loseQueue(): Promise<void> {
      if (redis !== undefined) await redis.command('FLUSHALL');
      else await db.query('delete from bullmq.job');
    }

    test('every effect of a commit runs, and what it leads to runs after it', async () => {
      works = await testWorks(db, { queue: await queue() });
      const { id } = await works.fire();
      await works.tell(id, { type: 'Acknowledge', by: RITA });
      works.sweeper.start();
      // What is left is the three timers.
      await until('all is done', async () => (await works?.count(id))?.owed === 3);
      const ids = works.handed.map((effect) => effect.id);
      expect(new Set(ids).size).toBe(ids.length);
      const types = (await db.store.events(id)).map((event) => event.type);
      expect(types).toEqual(
        expect.arrayContaining(['ThreadOpened', 'StepFinished', 'Paged', 'Acknowledged']),
      );
      expect(await works.count(id)).toMatchObject({ dead: 0 });
      expect(works.errors).toEqual([]);
    });

    test('what fails is tried again by the sweeper, in its place of the lane', async () => {
      works = await testWorks(db, { queue: await queue() });
      let failures = 2;
      works.act = (effect) => {
        if (effect.kind === 'slack.message' && failures > 0) {
          failures -= 1;
          throw new Later('Slack is slow', { afterMs: 20 });
        }
        return ordinary(effect);
      };
      works.sweeper.start();
      const { id } = await works.fire();
      await until('all is done', async () => (await works?.count(id))?.owed === 3);
      const tries = works.handed.filter(
        (effect) => effect.kind === 'slack.message' && effect.payload.slot === 'parent',
      );
      expect(tries.slice(0, 3).map((effect) => effect.attempt)).toEqual([1, 2, 3]);
    });

    test('a queue that was lost between commit and run loses nothing', async () => {
      const other = await queue();
      // Commits without a worker: the ids wait in the queue.
      const silent = await testWorks(db, { dispatched: [] });
      const { id } = await silent.fire();
      await other.add((await db.outbox.owed(100)).map((one) => one.id));
      expect(await other.depth()).toBeGreaterThan(0);
      await loseQueue();
      expect(await other.depth()).toBe(0);
      await other.close();
      await silent.stop();

      works = await testWorks(db, { queue: await queue() });
      works.sweeper.start();
      await until('all is done', async () => (await works?.count(id))?.owed === 3);
    });

    test("timers ring when the store's clock says so, and the levels are reached and paged", async () => {
      works = await testWorks(db, { queue: await queue() });
      const { id } = await works.fire();
      await until('all is done', async () => {
        await works?.sweeper.sweep();
        return (await works?.count(id))?.owed === 3;
      });
      for (const minutes of [5, 10, 15]) {
        db.pass(minutes * MINUTE);
        const before = levels(await db.store.events(id)).length;
        await works.sweeper.sweep();
        await until('the level is reached', async () => levels(await db.store.events(id)).length > before);
      }
      const events = await db.store.events(id);
      expect(levels(events)).toEqual([1, 2, 3, 4]);
      expect(only(events, 'LevelReached').every((event) => (event.lateMs ?? 0) < 10 * SECOND)).toBe(true);
      await until('all four are paged', async () => {
        await works?.sweeper.sweep();
        return only(await db.store.events(id), 'Paged').length === 4;
      });
      await until('nothing is left', async () => {
        await works?.sweeper.sweep();
        return (await works?.count(id))?.owed === 0;
      });
    });

    test('two replicas share the work, and every effect is done once', async () => {
      const one = await testWorks(db, { queue: await queue(), name: 'one' });
      const other = await testWorks(db, { queue: await queue(), name: 'other' });
      one.sweeper.start();
      other.sweeper.start();
      const incidents = await Promise.all(
        [one, other, one, other, one, other].map((replica) => replica.fire()),
      );
      for (const { id } of incidents) {
        await until('all is done', async () => (await one.count(id)).owed === 3);
      }
      const handed = [...one.handed, ...other.handed].map((effect) => effect.id);
      expect(new Set(handed).size).toBe(handed.length);
      expect(one.handed.length).toBeGreaterThan(0);
      expect(other.handed.length).toBeGreaterThan(0);
      await one.stop();
      await other.stop();
    });
  });
}

describe.skipIf(redisServer.skip)(`while Redis is down${redisServer.reason}`, () => {
  test('a commit is answered within about a second, and its effects run when Redis is back', async () => {
    const db = await testStore();
    const first = await startRedis();
    let second: TestRedis | undefined;
    const works = await testWorks(db, {
      queue: await openQueue({ storeUrl: db.url, redisUrl: first.url, onError: () => undefined }),
    });
    try {
      await first.stop();
      const began = performance.now();
      const { id } = await works.fire();
      expect(performance.now() - began).toBeLessThan(2_500);
      expect((await works.count(id)).done).toBe(0);

      second = await startRedis(first.port);
      works.sweeper.start();
      await until('all is done', async () => (await works.count(id)).owed === 3, 15_000);
    } finally {
      await works.stop();
      await second?.stop();
      await first.stop();
      await db.close();
    }
  });
});
