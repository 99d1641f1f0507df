import { describe, onTestFinished, test } from 'vitest';
import { freePort } from '../support/daemon.ts';
import { eventually } from '../support/lifeguard.ts';
import { needs } from '../support/needs.ts';
import type { Program } from '../support/process.ts';
import { randomFrom } from '../support/random.ts';
import { startRedis } from '../support/redis.ts';
import { expectOnce } from './support/once.ts';
import { pause, STUCK_MS, tellStory } from './support/people.ts';
import { type Scene, setScene } from './support/scene.ts';

/** How often the process is killed, in all; `LIFEGUARD_TEST_CRASHES=300` is the long form. */
const KILLS = Number(process.env['LIFEGUARD_TEST_CRASHES'] ?? 2) / 2;

/** The same kills at the same times as another run: `LIFEGUARD_TEST_SEED`. */
const SEED = Number(process.env['LIFEGUARD_TEST_SEED'] ?? 7);

/** The longest that a process is left alive, in milliseconds, before the next kill. */
const LIVES_MS = 2_500;

/** A person whose press led to nothing presses again after this long. */
const PATIENCE_MS = 1_500;

const redisServer = needs('redis-server', 'redis-server');

describe('a process killed at any moment', () => {
  test(
    'loses nothing and does nothing twice, with the queue in the store',
    { timeout: 60_000 + KILLS * 10_000 },
    () => storiesUnderFire({}),
  );

  test.skipIf(redisServer.skip)(
    `loses nothing and does nothing twice, with the queue on Redis${redisServer.reason}`,
    { timeout: 60_000 + KILLS * 10_000 },
    async () => {
      const redis = await startRedis();
      onTestFinished(() => redis.stop());
      await storiesUnderFire({ REDIS_URL: redis.url });
    },
  );
});

/** Tells incidents from alert to close, one after the other, while the process is killed; then counts. */
async function storiesUnderFire(extra: Readonly<Record<string, string>>): Promise<void> {
  const port = await freePort();
  const scene = await setScene({ env: extra, url: `http://127.0.0.1:${port}`, patienceMs: PATIENCE_MS });
  const start = async (): Promise<Program> => {
    const program = scene.launch({ PORT: String(port) });
    scene.log = () => program.stdout().split('\n').slice(-15).join('\n');
    await program.prints(/"ready"/);
    return program;
  };
  const reaper = reap(scene, await start(), start);
  const incidents: string[] = [];
  // A process that does not come up again is told as that, not as a story that got stuck.
  do incidents.push(await Promise.race([tellStory(scene, incidents), reaper.failed]));
  while (!reaper.over());
  await reaper.done;
  await eventually(
    async () => ((await scene.outbox.figures()).due === 0 ? true : undefined),
    'nothing owed',
    STUCK_MS,
  );
  await expectOnce(scene, incidents);
}

/** Kills the process at random moments of its life and starts it again. */
function reap(
  scene: Scene,
  first: Program,
  start: () => Promise<Program>,
): { over(): boolean; readonly done: Promise<void>; readonly failed: Promise<never> } {
  const random = randomFrom(SEED);
  let over = false;
  const work = async (): Promise<void> => {
    let program = first;
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await pause(20 + random() * LIVES_MS);
      program.kill('SIGKILL');
      await program.ended;
      const began = Date.now();
      program = await start();
      scene.downMs += Date.now() - began;
    }
  };
  const done = work().finally(() => {
    over = true;
  });
  const failed = new Promise<never>((_resolve, reject) => {
    done.catch(reject);
  });
  // Heard of where it is awaited; until then it is no unhandled rejection.
  failed.catch(() => undefined);
  return { over: () => over, done, failed };
}
