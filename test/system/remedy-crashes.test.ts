import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import type { Event } from '../../src/incident/events.ts';
import { dockerLog } from '../../src/logs/docker.ts';
import { Lifeline } from '../../src/pool/lifeline.ts';
import { type PoolFacts, previewOf, type Wish } from '../../src/remedies/registry.ts';
import { makeRole } from '../pool/crowd.ts';
import { setEnv } from '../remedies/application.ts';
import { planOf } from '../remedies/house.ts';
import { dockerNeed, OBEDIENT, startDocker } from '../support/docker.ts';
import { eventually, PEOPLE, wordsOf } from '../support/lifeguard.ts';
import { connect, type TestPostgres, testPostgres } from '../support/postgres.ts';
import { randomFrom } from '../support/random.ts';
import { openTarget, type Stage, stageWithProcess } from './race-stage.ts';

/** Rounds, each with two kills in the midst of all remedies; the long form of the races has more of them. */
const ROUNDS = Number(process.env['LIFEGUARD_TEST_RACES'] ?? 12) < 100 ? 1 : 10;

/** An engine of its own takes as long to start as all the rest: the short form does without a container. */
const noContainer = ROUNDS === 1 || dockerNeed.skip;

const SEED = Number(process.env['LIFEGUARD_TEST_SEED'] ?? 7);

/** Nothing may stay undone for longer than this; only a fault reaches it. */
const STUCK_MS = 60_000;

const GID = 'order-4711';

/** What happened outside of Lifeguard, counted by those whom it happened to. */
interface Scene {
  readonly wish: Wish;
  readonly pool: PoolFacts;
  /** Something that happens between the look that people are shown and the execution. */
  readonly onceShown?: () => void;
  /** @throws when it happened twice, to the wrong ones, or not at all */
  readonly expectOnce: () => Promise<void>;
  /** Of a change that can be undone. @throws when it is not as it was before, or was taken back twice */
  readonly expectBackOnce?: () => Promise<void>;
}

test(`every remedy survives a kill between any two of its steps${ROUNDS === 1 ? '' : dockerNeed.reason}`, {
  timeout: 60_000 + ROUNDS * 90_000,
}, async () => {
  const random = randomFrom(SEED);
  const server = await testPostgres({ maxConnections: 60, flags: ['-c', 'max_prepared_transactions=5'] });
  onTestFinished(() => server.stop());
  const botUrl = await makeRole(server, 'bot', ['pg_monitor', 'pg_signal_backend']);
  const appUrl = await makeRole(server, 'app');
  const admin = await server.admin();
  // What it takes to change a role's settings: CREATEROLE, and ADMIN on that role.
  await admin.query('alter role bot createrole; grant app to bot with admin option');
  const receiver = await startReceiver();
  const docker = noContainer ? undefined : await startDocker();
  onTestFinished(() => docker?.stop());
  if (docker !== undefined) setEnv('DOCKER_HOST', docker.host);
  const stage = await stageWithProcess({
    patient: { botUrl },
    configure: (yaml) => withPools(yaml, receiver.url),
    env: docker === undefined ? {} : { DOCKER_HOST: docker.host },
  });
  onTestFinished(() => stage.stop());
  const lifeline = new Lifeline({ url: botUrl });
  onTestFinished(() => lifeline.close());
  await lifeline.start();

  for (let round = 0; round < ROUNDS; round += 1) {
    const scenes = await Promise.all([
      queryToCancel(appUrl),
      leakToEnd(appUrl, `leaky-${round}`),
      preparedToRollBack(server, botUrl),
      webhookToCall(receiver),
      sizeToRaise(receiver),
      timeoutToSet(server),
      ...(docker === undefined ? [] : [containerToRestart(docker)]),
    ]);
    const killed = await openTarget(appUrl);
    const watched = await incidentWithKill(stage, killed.pid, lifeline);
    const asked = await Promise.all(scenes.map((scene) => approve(stage, lifeline, scene)));
    // The second kill is in the midst of the remedies or, in the long form, of their undoing: that takes longer.
    const isLate = ROUNDS > 1 && random() < 0.5;
    await fate(stage, random, [...asked, watched], isLate ? 1 : 2);
    await stage.settled();

    for (const [index, scene] of scenes.entries()) {
      const told = await toldOnce(stage, asked[index] ?? '');
      await scene.expectOnce().catch((error: unknown) => {
        throw new Error(`${scene.wish.action}, told as: ${told}\n${String(error)}`);
      });
    }
    await toldOnce(stage, watched);
    expect(await killed.answers()).toBe(false);
    expect(killed.killedAt()).toBeDefined();
    const after = (await stage.store.events(watched)).map(({ type }) => type);
    expect(
      after.filter((type) => type === 'FixFailed' || type === 'Mitigated'),
      'the watch after it ends once',
    ).toEqual(['FixFailed']);
    await resolve(stage, watched);

    const undone = asked.filter((_id, index) => scenes[index]?.expectBackOnce !== undefined);
    for (const id of undone) await undo(stage, id);
    if (isLate) await killAfter(stage, random, undone, 'UndoStarted');
    await stage.settled();
    for (const id of undone) await backOnce(stage, id);
    for (const { expectBackOnce } of scenes) await expectBackOnce?.();
  }
});

/** A pool for each remedy, so that none waits for another; the incident's pages nobody, and is watched briefly. */
function withPools(yaml: string, webhook: string): string {
  const more = [
    ['cancels', ''],
    ['leaks', ''],
    ['prepared', ''],
    ['webhook', `restart: { webhook: { url: "${webhook}", secret: s, timeout: 5s } }`],
    ['docker', 'restart: { docker: api }'],
    [
      'sized',
      `pool_size: { webhook: { url: "${webhook}", secret: s, timeout: 5s }, raise_by: 50%, revert_after: 30m }`,
    ],
    ['timeouts', 'application: catalytic-api'],
  ].map(
    ([name, line]) => `
  - name: ${name}
    match: { datname: ${name} }
    database_url: \${PATIENT_URL}
    channel: "#backend-team"
    ${line}`,
  );
  return yaml
    .replaceAll(/, page: \{[^}]*\}/g, '')
    .replace(
      'channel: "#backend-team"',
      'channel: "#backend-team"\n    verify: { within: 3s, healthy_below: 1 }',
    )
    .replace('\nescalation:', `${more.join('')}\nescalation:`);
}

/** The process dies at moments that chance chooses among those at which remedies begin, act and end. */
async function fate(
  stage: Stage,
  random: () => number,
  asked: readonly string[],
  kills: 1 | 2,
): Promise<void> {
  await killAfter(stage, random, asked, random() < 0.6 ? 'RemedyStarted' : 'RemedyEnded');
  if (kills === 1) return;
  await pause(random() * 4_000);
  await stage.kill?.();
}

/** Kills it within moments after so many events of the type that chance says. */
async function killAfter(
  stage: Stage,
  random: () => number,
  incidents: readonly string[],
  type: Event['type'],
): Promise<void> {
  const count = 1 + Math.floor(random() * incidents.length);
  const jitter = random() * 60;
  await eventually(
    async () => {
      const { rowCount } = await stage.store.pool.query(
        'select from events where incident = any ($1) and type = $2',
        [incidents, type],
      );
      return (rowCount ?? 0) >= count ? true : undefined;
    },
    `${count} of ${type}`,
    STUCK_MS,
  );
  await pause(jitter);
  await stage.kill?.();
}

/** Asks for it and approves it, by what the product itself sees; both are in the store when it returns. */
async function approve(stage: Stage, lifeline: Lifeline, { wish, pool, onceShown }: Scene): Promise<string> {
  const plan = planOf(await previewOf(lifeline, wish, new Date(), pool));
  onceShown?.();
  const { store, policyOf } = stage;
  const id = await store.nextIncidentId();
  const policy = () => policyOf(pool.name);
  await store.commit([
    {
      to: { fresh: id },
      policy,
      command: { type: 'RequestRemedy', id, by: actor(PEOPLE.alice), ...plan, reason: 'it is stuck' },
    },
  ]);
  await store.commit([
    {
      to: { incident: id },
      policy,
      command: { type: 'Approve', request: 'r1', by: actor(PEOPLE.bob) },
    },
  ]);
  return id;
}

/** An incident in which the end of a backend is approved: after it the pool is watched. */
async function incidentWithKill(stage: Stage, pid: number, lifeline: Lifeline): Promise<string> {
  const { store, policyOf } = stage;
  const policy = () => policyOf('orders');
  const id = await store.nextIncidentId();
  const plan = planOf(await previewOf(lifeline, { action: 'terminate', pid }, new Date()));
  const to = { key: 'pool:orders', reopenWithinMs: 0 };
  const startsAt = new Date().toISOString();
  await store.commit([
    {
      to,
      policy,
      command: {
        type: 'ReceiveAlerts',
        id,
        source: 'alertmanager',
        alerts: [
          { fingerprint: id, status: 'firing', labels: { alertname: 'Full' }, annotations: {}, startsAt },
        ],
      },
    },
  ]);
  await store.commit([
    {
      to: { incident: id },
      policy,
      command: { type: 'RequestRemedy', id, by: actor(PEOPLE.alice), ...plan },
    },
  ]);
  await store.commit([
    { to: { incident: id }, policy, command: { type: 'Approve', request: 'r1', by: actor(PEOPLE.bob) } },
  ]);
  return id;
}

async function resolve({ store, policyOf }: Stage, incident: string): Promise<void> {
  await store.commit([
    {
      to: { incident },
      policy: () => policyOf('orders'),
      command: { type: 'Resolve', by: actor(PEOPLE.alice) },
    },
  ]);
}

async function undo({ store, policyOf }: Stage, incident: string): Promise<void> {
  const by = actor(PEOPLE.bob);
  await store.commit([
    {
      to: { incident },
      policy: () => policyOf('sized'),
      command: { type: 'Undo', by, request: 'r1' },
    },
  ]);
}

/** One undoing on the timeline, from its beginning to its end. */
async function backOnce(stage: Stage, incident: string): Promise<void> {
  const events = (await stage.store.events(incident)).filter(({ type }) => /^Undo/.test(type));
  expect(events).toMatchObject([
    { type: 'UndoAsked' },
    { type: 'UndoStarted' },
    { type: 'UndoEnded', outcome: 'done' },
  ]);
}

/** One start and one end on the timeline, and the end in the thread. Gives its words. */
async function toldOnce(stage: Stage, incident: string): Promise<string> {
  const events = await stage.store.events(incident);
  const remedies = events.map(({ type }) => type).filter((type) => /^Remedy/.test(type));
  expect(remedies).toEqual(['RemedyRequested', 'RemedyApproved', 'RemedyStarted', 'RemedyEnded']);
  const end = events.find((event) => event.type === 'RemedyEnded');
  expect(end, JSON.stringify(events)).toMatchObject({ outcome: 'done' });
  const detail = end?.type === 'RemedyEnded' ? end.detail : '';
  const notes = stage.slack.workspace
    .messages(stage.slack.workspace.channel('backend-team')?.id ?? '')
    .filter(
      (one) =>
        one.metadata?.event_payload?.['incident'] === incident &&
        String(one.metadata.event_payload['slot']).startsWith('note-') &&
        wordsOf(one).includes(detail.slice(0, 40)),
    );
  expect(notes, `the thread tells it once: ${detail}`).toHaveLength(1);
  return detail;
}

/** The application, cancelled, goes on with its next query at once: that one is not meant. */
async function queryToCancel(appUrl: string): Promise<Scene> {
  const client = await connect(appUrl);
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  let cancelled = 0;
  const work = (): void => {
    client.query('select pg_sleep(600)').catch((error: { code?: string }) => {
      if (error.code !== '57014') return;
      cancelled += 1;
      work();
    });
  };
  work();
  const pid = rows[0]?.pid ?? 0;
  return {
    wish: { action: 'cancel', pid },
    pool: { name: 'cancels' },
    expectOnce: async () => {
      await pause(50);
      expect(cancelled, 'queries cancelled').toBe(1);
    },
  };
}

/** Three sessions leaked, and one that came after they were shown. */
async function leakToEnd(appUrl: string, application: string): Promise<Scene> {
  const url = new URL(appUrl);
  url.searchParams.set('application_name', application);
  const leaked = async (): Promise<pg.Client> => {
    const client = await connect(url.href);
    await client.query('begin');
    await client.query('select 1');
    return client;
  };
  const sessions = await Promise.all([leaked(), leaked(), leaked()]);
  // Younger than a second it is a pause, no leak.
  await pause(1_100);
  let later: Promise<pg.Client> | undefined;
  return {
    wish: { action: 'terminate_leak', application, lastStatement: 'select ?' },
    pool: { name: 'leaks' },
    onceShown: () => {
      later = leaked();
    },
    expectOnce: async () => {
      const lives = (client: pg.Client) =>
        client.query('select 1').then(
          () => true,
          () => false,
        );
      expect(await Promise.all(sessions.map(lives))).toEqual([false, false, false]);
      const client = await later;
      if (client === undefined) throw new Error('nobody was shown the leak');
      expect(await lives(client), 'the one that came later').toBe(true);
      await client.end();
    },
  };
}

/** Its manager uses the gid again as soon as it is free: that one is not meant. */
async function preparedToRollBack(server: TestPostgres, botUrl: string): Promise<Scene> {
  const admin = await server.admin();
  const prepare = async (): Promise<void> => {
    const client = await connect(botUrl);
    await client.query('begin; select pg_advisory_xact_lock_shared(1)');
    await client.query(`prepare transaction '${GID}'`);
    await client.end();
  };
  const count = async (): Promise<number> => {
    const { rowCount } = await admin.query('select from pg_prepared_xacts where gid = $1', [GID]);
    return rowCount ?? 0;
  };
  await prepare();
  const usedAgain = (async () => {
    await eventually(async () => ((await count()) === 0 ? true : undefined), 'it is gone', STUCK_MS);
    await prepare();
  })();
  // Heard of where it is awaited.
  usedAgain.catch(() => undefined);
  return {
    wish: { action: 'rollback_prepared', gid: GID, database: 'lifeguard' },
    pool: { name: 'prepared' },
    expectOnce: async () => {
      await usedAgain;
      expect(await count(), 'the next of that gid').toBe(1);
      const client = await connect(botUrl);
      await client.query(`rollback prepared '${GID}'`);
      await client.end();
    },
  };
}

interface Receiver {
  readonly url: string;
  /** The orders that were carried out, and how often each was told. */
  readonly told: Map<string, number>;
  /** What each said. */
  readonly bodies: Map<string, { readonly action: string; readonly undoes?: string }>;
}

/** Carries out an order once, by its key, and takes its time to answer. */
async function startReceiver(): Promise<Receiver> {
  const told = new Map<string, number>();
  const bodies: Receiver['bodies'] = new Map();
  const server = createServer(async (request, response) => {
    const key = String(request.headers['idempotency-key']);
    told.set(key, (told.get(key) ?? 0) + 1);
    let raw = '';
    for await (const chunk of request.setEncoding('utf8')) raw += String(chunk);
    bodies.set(key, JSON.parse(raw));
    await pause(200);
    response.end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, told, bodies };
}

async function webhookToCall({ url, told, bodies }: Receiver): Promise<Scene> {
  const before = new Set(told.keys());
  return {
    wish: { action: 'restart' },
    pool: { name: 'webhook', restart: { webhook: { url, secret: 's', timeoutMs: 5_000 } } },
    expectOnce: async () => {
      const orders = [...told].filter(([key]) => !before.has(key) && bodies.get(key)?.action === 'restart');
      expect(orders, 'one order, however often it was told').toHaveLength(1);
      // Two kills, so at most three runs.
      expect(orders[0]?.[1]).toBeLessThanOrEqual(3);
    },
  };
}

/** Made larger by an order, and smaller again by one that names it. */
async function sizeToRaise({ url, told, bodies }: Receiver): Promise<Scene> {
  const before = new Set(told.keys());
  const orders = (action: string) =>
    [...bodies].filter(([key, body]) => !before.has(key) && body.action === action);
  return {
    wish: { action: 'pool_size' },
    pool: {
      name: 'sized',
      poolSize: {
        webhook: { url, secret: 's', timeoutMs: 5_000 },
        raiseBy: { percent: 50 },
        revertAfterMs: 1_800_000,
      },
    },
    expectOnce: async () => {
      expect(orders('pool_size'), 'one order, however often it was told').toHaveLength(1);
      expect(orders('pool_size_undo')).toEqual([]);
    },
    expectBackOnce: async () => {
      const [[raise] = ['']] = orders('pool_size');
      expect(orders('pool_size')).toHaveLength(1);
      expect(orders('pool_size_undo').map(([, { undoes }]) => undoes)).toEqual([raise]);
    },
  };
}

/** What PostgreSQL has of it is looked at: an `ALTER ROLE` that is said twice is one change. */
async function timeoutToSet(server: TestPostgres): Promise<Scene> {
  const admin = await server.admin();
  const settings = async (): Promise<string[]> => {
    const { rows } = await admin.query<{ setting: string }>(
      `select unnest(setconfig) as setting from pg_db_role_setting where setrole = 'app'::regrole`,
    );
    return rows.map(({ setting }) => setting);
  };
  return {
    wish: { action: 'timeout', setting: 'statement_timeout', value: '17min', role: 'app' },
    pool: { name: 'timeouts' },
    expectOnce: async () => expect(await settings()).toEqual(['statement_timeout=17min']),
    expectBackOnce: async () => expect(await settings()).toEqual([]),
  };
}

async function containerToRestart(docker: Awaited<ReturnType<typeof startDocker>>): Promise<Scene> {
  await docker.api('DELETE', '/containers/api?force=1').catch(() => undefined);
  await docker.run('api', OBEDIENT, { StopTimeout: 1 });
  return {
    wish: { action: 'restart' },
    pool: { name: 'docker', restart: { docker: 'api' } },
    expectOnce: async () => {
      const starts = (await dockerLog('api', 100, 5_000, docker.host)).filter((line) => /up/.test(line));
      expect(starts, 'its start, and the restart').toHaveLength(2);
    },
  };
}

function actor(id: string) {
  return { id, groups: ['S0ONCALL', 'S0DBA'], via: 'slack' as const };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
