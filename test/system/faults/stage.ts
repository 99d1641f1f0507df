import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startSlackStandIn } from '../../../src/console/server.ts';
import { Outbox } from '../../../src/store/outbox.ts';
import { Store } from '../../../src/store/store.ts';
import { freePort } from '../../support/daemon.ts';
import { configText, GROUPS, PEOPLE, WEBHOOK_TOKEN } from '../../support/lifeguard.ts';
import { startPagerDuty } from '../../support/pagerduty/start.ts';
import { type Program, startCli } from '../../support/process.ts';
import { startProxy, type TcpProxy } from '../../support/proxy.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { type RestartablePostgres, restartablePostgres } from '../../support/restartable.ts';
import { type Clock, movableClock } from './clock.ts';
import { type Patient, startPatient } from './leak.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

/** Where the queue lives. */
export type Backend = 'store' | 'redis';

/** When levels 2 and 3 fall due, in milliseconds from the alert: the runbook's minutes, shortened. */
export const LEVEL_2_MS = 500;
export const LEVEL_3_MS = 1_000;

/** The connections of the program, each through a proxy. `front`: what Alertmanager and Slack send to it. */
export type Line = 'front' | 'store' | 'redis' | 'slack' | 'pagerduty' | 'patient';

/** A Redis that comes back on its port, with what it kept or without. */
export interface StageRedis {
  current(): TestRedis;
  /** Kills it and starts it again. */
  restart(keeps: boolean): Promise<void>;
}

/** The built program between a store, a database in trouble and stand-ins, with everything between them breakable. */
export interface Stage {
  readonly backend: Backend;
  /** Where Alertmanager and Slack send to. */
  readonly url: string;
  readonly lines: Readonly<Partial<Record<Line, TcpProxy>>>;
  readonly storeServer: RestartablePostgres;
  readonly patient: Patient;
  readonly redis?: StageRedis;
  /** What the store's data lies on, or why it cannot be filled. */
  readonly disk: SmallDisk | string;
  readonly clock: Clock;
  readonly slack: Awaited<ReturnType<typeof startSlackStandIn>>;
  readonly pagerduty: Awaited<ReturnType<typeof startPagerDuty>>;
  /** The store as the check reads it, past the proxy. */
  readonly store: Store;
  readonly outbox: Outbox;
  /** Whether Slack's limits are kept: a story that waits for them takes long, and most have other things to show. */
  limit(on: boolean): Promise<void>;
  /** Kills the program, which is started again at once; resolves when it is ready. */
  kill(): Promise<void>;
  /** Resolves when the program is ready, and the servers that it needs are up. */
  healed(): Promise<void>;
  /** What the program did that nobody asked it to: it ended by itself. */
  readonly deaths: string[];
  /** What it printed last. */
  log(lines: number): string;
}

/** Sets it all up; all of it ends with the test. */
export async function setStage(backend: Backend): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-faults-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const disk = await mountSmallDisk();
  if (typeof disk !== 'string') onTestFinished(() => disk.remove());
  const [patient, storeServer, slack, pagerduty, redis] = await Promise.all([
    startPatient(),
    restartablePostgres(typeof disk === 'string' ? {} : { within: disk.folder }),
    startSlackStandIn({
      users: Object.values(PEOPLE).map((id) => ({ id, real_name: id })),
      groups: GROUPS,
      channels: ['incidents', 'backend-team', 'database-team', 'infrastructure'],
    }),
    startPagerDuty(),
    backend === 'redis' ? restartableRedis() : undefined,
  ]);
  onTestFinished(async () => {
    await Promise.all([patient.stop(), storeServer.stop(), slack.stop(), pagerduty.stop()]);
  });
  const port = await freePort();
  const before = async (target: number, tls = false): Promise<TcpProxy> => {
    const proxy = await startProxy(target, { tls });
    onTestFinished(() => proxy.close());
    return proxy;
  };
  const lines = {
    front: await before(port),
    store: await before(storeServer.port),
    patient: await before(patient.server.port),
    slack: await before(Number(new URL(slack.url).port)),
    pagerduty: await before(Number(pagerduty.server.split(':')[1]), true),
    ...(redis === undefined ? {} : { redis: await before(redis.current().port) }),
  };
  const url = `http://127.0.0.1:${lines.front.port}`;
  slack.setEventsUrl(`${url}/slack/events`);
  const store = new Store({ url: storeServer.url, connections: 2 });
  onTestFinished(() => store.close());
  const clock = await movableClock(folder);
  const yaml = configText({ patientUrl: 'set', yaml: 'reopen_within: 1ms' })
    .replace('after: 5m', `after: ${LEVEL_2_MS}ms`)
    .replace('after: 15m', `after: ${LEVEL_3_MS}ms`);
  await writeFile(join(folder, 'lifeguard.yaml'), yaml);
  const env = {
    PORT: String(port),
    DATABASE_URL: through(storeServer.url, lines.store),
    PATIENT_URL: through(storeServer.url, lines.patient, { user: 'bot', password: 'bot' }),
    SLACK_API_URL: through(slack.apiUrl, lines.slack),
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    ALERTMANAGER_WEBHOOK_TOKEN: WEBHOOK_TOKEN,
    PAGERDUTY_EVENTS_SERVER: `localhost:${lines.pagerduty.port}`,
    NODE_EXTRA_CA_CERTS: pagerduty.caPath,
    ...(lines.redis === undefined ? {} : { REDIS_URL: `redis://127.0.0.1:${lines.redis.port}` }),
    ...clock.env,
  };

  const deaths: string[] = [];
  let program: Program;
  let starting: Promise<unknown> = Promise.resolve();
  let killing: Promise<void> = Promise.resolve();
  let printed = '';
  const start = (): Promise<unknown> => {
    const one = startCli(['serve'], { env, cwd: folder });
    program = one;
    onTestFinished(() => {
      expected.add(one);
      one.kill('SIGKILL');
    });
    void one.ended.then((end) => {
      printed = `${printed}${one.stdout()}${one.stderr()}`.slice(-LOG_KEPT);
      if (expected.has(one)) return;
      deaths.push(`the program ended by itself (${JSON.stringify(end)})`);
      starting = start();
    });
    starting = one.prints(/"ready"/);
    // Heard of where it is awaited.
    starting.catch(() => undefined);
    return starting;
  };
  const expected = new Set<Program>();
  await start();
  await store.pool.query(NO_LIMITS);

  return {
    backend,
    url,
    lines,
    storeServer,
    patient,
    ...(redis === undefined ? {} : { redis }),
    disk,
    clock,
    slack,
    pagerduty,
    store,
    outbox: new Outbox(store),
    deaths,
    async limit(on) {
      await store.pool.query(`alter table slack_budgets ${on ? 'disable' : 'enable'} trigger never_empty`);
    },
    kill() {
      // One after the other: what two faults kill at once is started again once.
      killing = killing.then(async () => {
        expected.add(program);
        program.kill('SIGKILL');
        await program.ended;
        await start();
      });
      return killing;
    },
    async healed() {
      await storeServer.begin();
      await starting;
    },
    log: (count) =>
      `${printed}${program.stdout()}${program.stderr()}`.trim().split('\n').slice(-count).join('\n'),
  };
}

/** Every budget of Slack's calls is full again as soon as something is taken out of it. */
const NO_LIMITS = `
  create function fill() returns trigger language plpgsql as $$
  begin
    new.full_at = 'epoch';
    return new;
  end
  $$;
  create trigger never_empty before insert or update on slack_budgets for each row execute function fill()`;

/** So much is kept of what processes before the present one printed. */
const LOG_KEPT = 20_000;

async function restartableRedis(): Promise<StageRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-redis-kept-'));
  let redis = await startRedis(undefined, folder);
  onTestFinished(async () => {
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    current: () => redis,
    async restart(keeps) {
      await redis.stop();
      if (!keeps) await rm(join(folder, 'appendonlydir'), { recursive: true, force: true });
      redis = await startRedis(redis.port, folder);
    },
  };
}

/** The same address, by way of the proxy. */
function through(
  url: string,
  proxy: TcpProxy,
  as?: { readonly user: string; readonly password: string },
): string {
  const changed = new URL(url);
  changed.port = String(proxy.port);
  if (as !== undefined) {
    changed.username = as.user;
    changed.password = as.password;
  }
  return changed.href;
}
