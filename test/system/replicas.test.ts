import { describe, expect, onTestFinished, test } from 'vitest';
import { dedupKey } from '../../src/incident/react.ts';
import { freePort } from '../support/daemon.ts';
import { eventually, isParent, wordsOf } from '../support/lifeguard.ts';
import { needs } from '../support/needs.ts';
import type { Program } from '../support/process.ts';
import { startRedis } from '../support/redis.ts';
import { type Balancer, startBalancer } from './support/balancer.ts';
import { incidentOf } from './support/marks.ts';
import { expectOnce } from './support/once.ts';
import { alert, pause, STUCK_MS, tellStory } from './support/people.ts';
import { type Scene, setScene } from './support/scene.ts';
import { type SlowSlack, startSlowSlack } from './support/slow-slack.ts';

/** How often every process is replaced, on the store alone and on Redis, in the long form: `LIFEGUARD_TEST_ROLLS=10`. */
const LONG_FORM = process.env['LIFEGUARD_TEST_ROLLS'];
const ROLLS = Number(LONG_FORM ?? 1);

/** By then a process that was told to end has ended. */
const DRAINED_MS = 10_000;

/** How long Slack takes over a call that is under way when its process is told to end. */
const SLOW_MS = 3_000;

/** An alert of another service comes in this often, in milliseconds. */
const ALERT_EVERY_MS = LONG_FORM === undefined ? 1_500 : 300;

const NAMES = ['web-1', 'web-2', 'worker-1', 'worker-2'] as const;

/** Starting a process is what costs: the short form replaces one of each kind. */
const REPLACED: readonly (typeof NAMES)[number][] = LONG_FORM === undefined ? ['web-1', 'worker-1'] : NAMES;

const redisServer = needs('redis-server', 'redis-server');

describe('two web and two worker processes, each replaced in turn under load', () => {
  const timeout = 60_000 + ROLLS * 120_000;

  test('lose nothing and do nothing twice, on the store alone', { timeout }, () => replaced({}));

  if (LONG_FORM !== undefined)
    test.skipIf(redisServer.skip)(
      `lose nothing and do nothing twice, with the queue on Redis${redisServer.reason}`,
      { timeout },
      async () => {
        const redis = await startRedis();
        onTestFinished(() => redis.stop());
        await replaced({ REDIS_URL: redis.url });
      },
    );
});

/** Alerts keep coming and people keep pressing while one process after the other is replaced; then counts. */
async function replaced(env: Readonly<Record<string, string>>): Promise<void> {
  const balancer = await startBalancer();
  onTestFinished(() => balancer.stop());
  // Nobody presses twice: a press that Lifeguard has acknowledged is one that it carries out.
  const scene = await setScene({ env, url: balancer.url, patienceMs: STUCK_MS });
  const slack = await startSlowSlack(scene.slack.apiUrl);
  onTestFinished(() => slack.stop());
  const house = new House(scene, balancer, slack);
  await house.open();

  let rolled = false;
  const rolling = house.roll().finally(() => {
    rolled = true;
  });
  const stream = streamAlerts(scene, () => rolled);
  const failed = Promise.all([rolling, stream]).then(() => new Promise<never>(() => undefined));
  failed.catch(() => undefined);
  const told: string[] = [];
  do told.push(await Promise.race([tellStory(scene, told), failed]));
  while (!rolled);
  await rolling;
  const streamed = await closeAll(scene, await stream);

  expect(balancer.failures, 'requests that were not answered with 200').toEqual([]);
  expect(balancer.answered()).toBeGreaterThanOrEqual(2 * streamed.length);
  await eventually(
    async () => ((await scene.outbox.figures()).due === 0 ? true : undefined),
    'nothing owed',
    STUCK_MS,
  );
  await expectOnce(scene, told, streamed);
}

/** The four processes, each with a port of its own. */
class House {
  readonly #scene: Scene;
  readonly #balancer: Balancer;
  readonly #slack: SlowSlack;
  readonly #running = new Map<string, { readonly program: Program; readonly port: number }>();

  constructor(scene: Scene, balancer: Balancer, slack: SlowSlack) {
    this.#scene = scene;
    this.#balancer = balancer;
    this.#slack = slack;
    scene.log = () =>
      [...this.#running]
        .map(([name, { program }]) => `${name}:\n${program.stdout().split('\n').slice(-8).join('\n')}`)
        .join('\n');
  }

  async open(): Promise<void> {
    // So its first press is not done yet, long after it is acknowledged.
    this.#slack.delay('web-1', SLOW_MS);
    await Promise.all(NAMES.map((name) => this.#start(name)));
  }

  /** Replaces each process, at the moment in which it has most to lose. */
  async roll(): Promise<void> {
    for (let roll = 1; roll <= ROLLS; roll += 1) {
      for (const name of REPLACED) {
        const { program, port } = this.#running.get(name) ?? {};
        if (program === undefined || port === undefined) throw new Error(`${name} does not run`);
        await this.#worst(name, port, roll);
        const began = performance.now();
        program.kill('SIGTERM');
        const ended = await program.ended;
        expect(ended, `${name}, roll ${roll}: ${program.stdout().slice(-2_000)}`).toEqual({
          code: 0,
          signal: null,
        });
        expect(performance.now() - began, `${name}, roll ${roll}`).toBeLessThan(DRAINED_MS);
        this.#slack.delay(name, 0);
        await this.#start(name);
      }
    }
  }

  /** Waits for a slow call to Slack to be under way or, where there is none, for a request to have just arrived. */
  async #worst(name: string, port: number, roll: number): Promise<void> {
    // The first press at a process asks Slack who is in which group; later ones know it.
    if (name === 'web-2' || (name === 'web-1' && roll > 1)) return this.#balancer.nextTo(port);
    this.#slack.delay(name, SLOW_MS);
    await eventually(() => this.#slack.waiting(name) > 0 || undefined, `a call to Slack by ${name}`);
  }

  async #start(name: string): Promise<void> {
    const port = await freePort();
    const program = this.#scene.launch({
      PORT: String(port),
      LIFEGUARD_ROLE: name.startsWith('web') ? 'web' : 'worker',
      SLACK_API_URL: this.#slack.apiUrlOf(name),
    });
    this.#running.set(name, { program, port });
    await program.prints(/"ready"/);
    if (name.startsWith('web')) this.#balancer.add(port);
  }
}

/** Alerts of services that no pool is configured for, each of which opens a thread; gives the services' names. */
async function streamAlerts(scene: Scene, over: () => boolean): Promise<string[]> {
  const services: string[] = [];
  while (!over()) {
    const service = `shop_${services.length + 1}`;
    await alert(scene, new Date(), 'firing', service);
    services.push(service);
    await pause(ALERT_EVERY_MS);
  }
  return services;
}

/** Waits until nobody has come in time for each, resolves them, and gives their incidents. */
async function closeAll(scene: Scene, services: readonly string[]): Promise<string[]> {
  const parents = (service: string) =>
    scene.slack.workspace
      .messages(scene.slack.workspace.channel('incidents')?.id ?? '')
      .filter((one) => isParent(one) && new RegExp(`\\b${service}\\b`).test(wordsOf(one)));
  const incidents: string[] = [];
  for (const service of services) {
    const [parent] = await eventually(
      () => (parents(service).length > 0 ? parents(service) : undefined),
      `the thread of ${service}`,
    );
    if (parent !== undefined) incidents.push(incidentOf(parent));
  }
  const paged = () => new Set(scene.pagerduty.incidents.map((one) => one.incidentKey));
  const due = incidents.flatMap((id) => [1, 2, 3].map((level) => dedupKey(id, level)));
  await eventually(() => due.every((key) => paged().has(key)) || undefined, 'levels 1 to 3 are paged');
  for (const service of services) await alert(scene, new Date(), 'resolved', service);
  return incidents;
}
