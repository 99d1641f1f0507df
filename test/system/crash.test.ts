import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startSlackStandIn } from '../../src/console/server.ts';
import type { Message } from '../../src/console/slack/types.ts';
import type { Event } from '../../src/incident/events.ts';
import { dedupKey } from '../../src/incident/react.ts';
import { Outbox } from '../../src/store/outbox.ts';
import { Store } from '../../src/store/store.ts';
import { freePort } from '../support/daemon.ts';
import {
  configText,
  eventually,
  GROUPS,
  isParent,
  notification,
  PEOPLE,
  WEBHOOK_TOKEN,
  wordsOf,
} from '../support/lifeguard.ts';
import { needs } from '../support/needs.ts';
import { startPagerDuty } from '../support/pagerduty/start.ts';
import { testDatabase } from '../support/postgres.ts';
import { type Program, startCli } from '../support/process.ts';
import { randomFrom } from '../support/random.ts';
import { startRedis } from '../support/redis.ts';
import { type Patient, startPatient } from './story.ts';

/** How often the process is killed, in all; `LIFEGUARD_TEST_CRASHES=300` is the long form. */
const KILLS = Number(process.env['LIFEGUARD_TEST_CRASHES'] ?? 4) / 2;

/** The same kills at the same times as another run: `LIFEGUARD_TEST_SEED`. */
const SEED = Number(process.env['LIFEGUARD_TEST_SEED'] ?? 7);

/** The longest that a process is left alive, in milliseconds, before the next kill. */
const LIVES_MS = 2_500;

/** A person whose press led to nothing presses again after this long. */
const PATIENCE_MS = 1_500;

/** Nothing may stay undone for longer than this, not counting the time in which there was no process. */
const STUCK_MS = 60_000;

/** A page that was on its way as the incident closed may arrive after that; all clocks are one. */
const IN_FLIGHT_MS = 2_000;

/** By then a level that is due is reached, and one that is reached is paged, however often the process was killed on the way. */
const SURELY_WITHIN_MS = 15_000;

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
  const scene = await setScene(extra);
  const reaper = reap(scene, KILLS);
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

interface Scene {
  readonly patient: Patient;
  readonly slack: Awaited<ReturnType<typeof startSlackStandIn>>;
  readonly pagerduty: Awaited<ReturnType<typeof startPagerDuty>>;
  readonly store: Store;
  readonly outbox: Outbox;
  readonly port: number;
  program: Program;
  /** For how long there has been no process that was ready, in milliseconds, in all. */
  downMs: number;
  start(): Promise<void>;
}

async function setScene(extra: Readonly<Record<string, string>>): Promise<Scene> {
  const patient = await startPatient();
  onTestFinished(() => patient.stop());
  const database = await testDatabase({ store: true });
  onTestFinished(() => database.drop());
  const store = new Store({ url: database.url, connections: 2 });
  onTestFinished(() => store.close());
  const slack = await startSlackStandIn({
    users: Object.values(PEOPLE).map((id) => ({ id, real_name: id })),
    groups: GROUPS,
    channels: ['incidents', 'backend-team', 'database-team', 'infrastructure'],
  });
  onTestFinished(() => slack.stop());
  const pagerduty = await startPagerDuty();
  onTestFinished(() => pagerduty.stop());
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-crash-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  // The runbook's minutes are shortened, so that timers fall due between the kills as well.
  const yaml = configText({ patientUrl: patient.botUrl, yaml: 'reopen_within: 1ms' })
    .replace('after: 5m', 'after: 1s')
    .replace('after: 15m', 'after: 2s');
  await writeFile(join(folder, 'lifeguard.yaml'), yaml);
  const port = await freePort();
  slack.setEventsUrl(`http://127.0.0.1:${port}/slack/events`);
  const env = {
    PORT: String(port),
    DATABASE_URL: database.url,
    PATIENT_URL: patient.botUrl,
    SLACK_API_URL: slack.apiUrl,
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    ALERTMANAGER_WEBHOOK_TOKEN: WEBHOOK_TOKEN,
    PAGERDUTY_EVENTS_SERVER: pagerduty.server,
    NODE_EXTRA_CA_CERTS: pagerduty.caPath,
    ...extra,
  };
  const launch = (): Program => startCli(['serve'], { env, cwd: folder });
  const scene: Scene = {
    patient,
    slack,
    pagerduty,
    store,
    outbox: new Outbox(store),
    port,
    program: launch(),
    downMs: 0,
    async start() {
      const began = Date.now();
      scene.program = launch();
      await scene.program.prints(/"ready"/);
      scene.downMs += Date.now() - began;
    },
  };
  onTestFinished(() => scene.program.kill('SIGKILL'));
  await scene.program.prints(/"ready"/);
  return scene;
}

/** Kills the process at random moments of its life and starts it again. */
function reap(
  scene: Scene,
  kills: number,
): { over(): boolean; readonly done: Promise<void>; readonly failed: Promise<never> } {
  const random = randomFrom(SEED);
  let over = false;
  const work = async (): Promise<void> => {
    for (let kill = 1; kill <= kills; kill += 1) {
      await pause(20 + random() * LIVES_MS);
      scene.program.kill('SIGKILL');
      await scene.program.ended;
      await scene.start();
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

/** One incident from its alert to its close, with people who press again when nothing comes of it. */
async function tellStory(scene: Scene, before: readonly string[]): Promise<string> {
  const { slack, patient } = scene;
  const session = await patient.session();
  const startsAt = new Date();
  const inTeam = (fits: (message: Message) => boolean): Message | undefined =>
    slack.workspace.messages(slack.workspace.channel('backend-team')?.id ?? '').find(fits);
  const ofStory = (message: Message): boolean => !before.includes(incidentOf(message));

  await insist(scene, 'the alert is taken', async () => {
    await alert(scene, startsAt, 'firing');
  });
  const parent = await seen('the thread', () =>
    inTeam((one) => isParent(one) && ofStory(one) && slotOf(one) === 'parent'),
  );
  const incident = incidentOf(parent);
  const here = (message: Message): boolean => incidentOf(message) === incident;
  const told = (fits: RegExp) => () => inTeam((one) => here(one) && fits.test(wordsOf(one)));

  await insist(
    scene,
    'Alice has it',
    () => press(scene, PEOPLE.alice, parent, 'Acknowledge'),
    told(/has it\./),
  );
  await insist(
    scene,
    'step 2 shows the session',
    // It has run by itself. Cut off from the pool by a restart it found nothing, and its own button runs it again.
    () => {
      const step = inTeam((one) => here(one) && wordsOf(one).includes('"Run step 2"'));
      return step === undefined ? Promise.resolve() : press(scene, PEOPLE.alice, step, 'Run step 2');
    },
    () => inTeam((one) => here(one) && wordsOf(one).includes(`terminate.${session.pid}`)),
  );
  const asked = (): Message | undefined => inTeam((one) => here(one) && /"Approve"/.test(wordsOf(one)));
  await insist(
    scene,
    'the preview is there',
    () => {
      const step = inTeam((one) => here(one) && wordsOf(one).includes(`terminate.${session.pid}`));
      return step === undefined
        ? Promise.resolve()
        : press(scene, PEOPLE.alice, step, `terminate.${session.pid}`);
    },
    asked,
  );
  await insist(
    scene,
    'the backend is gone',
    () => {
      const preview = asked();
      return preview === undefined ? Promise.resolve() : press(scene, PEOPLE.bob, preview, 'Approve');
    },
    async () => ((await session.lives()) ? undefined : true),
  );
  // The second wording is that of a process that was killed between the kill and its report.
  await seen('the outcome', told(/has ended|is gone; Lifeguard was restarted/)).catch((error: unknown) =>
    explain(scene, error),
  );
  const pageOf = dedupKey(incident, 1);
  await eventually(
    () => scene.pagerduty.incidents.find((one) => one.incidentKey === pageOf),
    'level 1 is paged',
    STUCK_MS,
  );
  await insist(
    scene,
    'the incident is closed',
    () => alert(scene, startsAt, 'resolved'),
    () => inTeam((one) => here(one) && isParent(one) && /resolved/.test(one.text)),
  );
  return incident;
}

/** Says how far the last incident came and what is still owed. @throws Error always */
async function explain(scene: Scene, error: unknown): Promise<never> {
  const { rows: newest } = await scene.store.pool.query<{ id: string }>(
    'select id from incidents order by opened_at desc limit 1',
  );
  const events = await scene.store.events(newest[0]?.id ?? '');
  const { rows } = await scene.store.pool.query(
    `select id, kind, lane, attempts, claimed_by, claimed_until, due, error, now() from effects where status = 'owed'`,
  );
  const owed = rows.map((row) => JSON.stringify(row)).join('\n');
  const happened = events.map(({ at, type }) => `${at} ${type}`);
  const remedies = events
    .filter(({ type }) => type.startsWith('Remedy'))
    .map((event) => JSON.stringify(event));
  const log = scene.program.stdout().split('\n').slice(-15).join('\n');
  throw new Error(
    `${String(error)}\nevents:\n${happened.join('\n')}\nremedies:\n${remedies.join('\n')}\nowed:\n${owed}\nlog:\n${log}`,
  );
}

/** What was promised: everything once, nothing missing. */
async function expectOnce(scene: Scene, incidents: readonly string[]): Promise<void> {
  const { slack, store, pagerduty } = scene;
  const posted = slack.workspace
    .channels()
    .flatMap((channel) => slack.workspace.messages(channel.id))
    .filter((message) => message.metadata !== undefined)
    .map((message) => `${incidentOf(message)} ${slotOf(message)}`);
  expect(repeated(posted), 'slots with two messages').toEqual([]);
  expect(posted.filter((one) => one.endsWith(' parent')).toSorted()).toEqual(
    incidents.map((id) => `${id} parent`).toSorted(),
  );
  expect(repeated(pagerduty.incidents.map((one) => one.incidentKey)), 'levels paged twice').toEqual([]);
  expect(pagerduty.incidents.filter((one) => one.status !== 'resolved')).toEqual([]);
  expect((await scene.outbox.figures()).dead).toBe(0);
  for (const id of incidents) {
    const events = await store.events(id);
    const rows = await store.pool.query<{ seq: number }>(
      'select seq from events where incident = $1 order by seq',
      [id],
    );
    expect(rows.rows.map((row) => row.seq)).toEqual(events.map((_event, index) => index + 1));
    const count = (fits: (event: Event) => boolean): number => events.filter(fits).length;
    for (const type of ['Acknowledged', 'Resolved'] as const) {
      expect(
        count((event) => event.type === type),
        `${id} ${type}`,
      ).toBe(1);
    }
    const approved = events.flatMap((event) => (event.type === 'RemedyApproved' ? [event.request] : []));
    const started = events.flatMap((event) => (event.type === 'RemedyStarted' ? [event.request] : []));
    const ended = events.flatMap((event) => (event.type === 'RemedyEnded' ? [event.request] : []));
    expect(started, `${id}: one execution for one approval`).toEqual(approved);
    expect(ended).toEqual(approved);
    const levels = events.flatMap((event) => (event.type === 'LevelReached' ? [event.level] : []));
    expect(repeated(levels.map(String)), `${id}: levels reached twice`).toEqual([]);
    expect(levels[0], `${id}: level 1 is due at once`).toBe(1);
    expectPages(scene, id, events);
  }
}

/** No page missed, none doubled, none for an incident that is over. */
function expectPages({ pagerduty }: Scene, id: string, events: readonly Event[]): void {
  const levels = events.flatMap((event) => (event.type === 'LevelReached' ? [event.level] : []));
  const paged = events.flatMap((event) => (event.type === 'Paged' ? [event.dedupKey] : []));
  expect(repeated(paged), `${id}: pages recorded twice`).toEqual([]);
  const opened = pagerduty.pages.filter(
    ({ dedupKey: key, effect }) => key.startsWith(`lifeguard-${id}-L`) && effect === 'opened',
  );
  const keys = opened.map((page) => page.dedupKey);
  expect(repeated(keys), `${id}: levels paged twice`).toEqual([]);
  expect(keys, `${id}: pages recorded and not sent`).toEqual(
    expect.arrayContaining([...paged, dedupKey(id, 1)]),
  );
  expect(
    levels.map((level) => dedupKey(id, level)),
    `${id}: levels paged and not reached`,
  ).toEqual(expect.arrayContaining(keys));
  // A level that is reached as the incident closes need not be paged any more; every other is.
  const resolvedMs = momentOf(events, 'Resolved');
  const missed = events.filter(
    (event) =>
      event.type === 'LevelReached' &&
      event.pages &&
      resolvedMs - Date.parse(event.at) > SURELY_WITHIN_MS &&
      !keys.includes(dedupKey(id, event.level)),
  );
  expect(missed, `${id}: levels reached and not paged`).toEqual([]);
  const late = opened.filter(({ at }) => Date.parse(at) > resolvedMs + IN_FLIGHT_MS);
  expect(late, `${id}: paged after it was resolved`).toEqual([]);
  // Level 3 is due after two seconds whatever people do about it: nobody names a root cause.
  if (resolvedMs - momentOf(events, 'IncidentOpened') > SURELY_WITHIN_MS) expect(levels).toContain(3);
}

function momentOf(events: readonly Event[], type: Event['type']): number {
  return Date.parse(events.find((event) => event.type === type)?.at ?? '');
}

/** Posts the alert as Alertmanager does. @throws Error when it was not taken */
async function alert(scene: Scene, startsAt: Date, status: 'firing' | 'resolved'): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${scene.port}/webhooks/alertmanager`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${WEBHOOK_TOKEN}` },
    body: JSON.stringify(notification({ startsAt, status })),
    signal: AbortSignal.timeout(5_000),
  });
  if (!answer.ok) throw new Error(`the alert was answered ${answer.status}`);
}

async function press(scene: Scene, user: string, message: Message, button: string): Promise<void> {
  await scene.slack.actor.press(user, message, button);
}

/** Does something again and again until it succeeds or, where `until` looks for it, until it shows. */
async function insist<T>(
  scene: Scene,
  what: string,
  act: () => Promise<void>,
  until?: () => T | undefined | Promise<T | undefined>,
): Promise<void> {
  const upSince = Date.now() - scene.downMs;
  while (Date.now() - scene.downMs - upSince < STUCK_MS) {
    const done = await act().then(
      () => true,
      () => false,
    );
    if (until === undefined) {
      if (done) return;
      await pause(100);
    } else if ((await eventually(until, what, PATIENCE_MS).catch(() => undefined)) !== undefined) return;
  }
  await explain(scene, new Error(`waited ${STUCK_MS} ms in vain until ${what}`));
}

function seen(what: string, look: () => Message | undefined): Promise<Message> {
  return eventually(look, what, STUCK_MS);
}

function payloadOf(message: Message): Readonly<Record<string, unknown>> {
  return message.metadata?.event_payload ?? {};
}

function incidentOf(message: Message): string {
  return String(payloadOf(message)['incident']);
}

function slotOf(message: Message): string {
  return String(payloadOf(message)['slot']);
}

function repeated(all: readonly string[]): string[] {
  return all.filter((one, index) => all.indexOf(one) !== index);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
