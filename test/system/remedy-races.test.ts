import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Message } from '../../src/console/slack/types.ts';
import type { Event, EventOf } from '../../src/incident/events.ts';
import type { RemedyRequest } from '../../src/incident/remedy.ts';
import { eventually, PEOPLE, wordsOf } from '../support/lifeguard.ts';
import { randomFrom } from '../support/random.ts';
import {
  openTarget,
  type Stage,
  stageWithClock,
  stageWithProcess,
  type Target,
  WANDA,
} from './race-stage.ts';
import { MINUTE, type Patient, SECOND, startPatient } from './story.ts';

/** How many races, in all; `LIFEGUARD_TEST_RACES=500` is the long form. */
const RACES = Number(process.env['LIFEGUARD_TEST_RACES'] ?? 12);

/** The same races as in another run, as far as two processes can be made to meet again: `LIFEGUARD_TEST_SEED`. */
const SEED = Number(process.env['LIFEGUARD_TEST_SEED'] ?? 7);

/** The races about people and the clock; the others are about a process that is killed, which takes its time. */
const WITH_CLOCK = Math.ceil(RACES * (RACES < 100 ? 0.7 : 0.5));
const WITH_KILLS = RACES - WITH_CLOCK;

/** So many races are run at the same time, in one pool: its lane makes the last of them wait for seconds. */
const A_BATCH = 6;

/** So many are run on one Lifeguard, which needs two approvers of every third of them. */
const A_LIFE = 36;

const TTL = 10 * MINUTE;

/** Nothing may stay undone for longer than this; only a fault reaches it. */
const STUCK_MS = 60_000;

/** How races end on either stage, when there are many. */
const ENDS = ['RemedyCancelled', 'RemedyDenied', 'started, done', 'started, nothing_to_do'];

const { alice, bob, carol, mallory } = PEOPLE;

type Press = { readonly who: string; readonly what: 'Approve' | 'Deny' | 'Cancel'; readonly after: number };

/** One request, those who press, and what becomes of the session meanwhile. */
interface Race {
  readonly name: string;
  readonly asker: string;
  readonly presses: readonly Press[];
  /** The session ends by itself after so many milliseconds, and another is opened. */
  readonly leavesAfter?: number;
  /** The approved target has the pid of a session that lives, and the start of one that is gone. */
  readonly forged: boolean;
}

/** A race that is on: its session, its request, and the message that people press on. */
interface Running extends Race {
  readonly target: Target;
  readonly incident: string;
  readonly preview: Message;
}

describe(`${RACES} races of a remedy, seed ${SEED}`, () => {
  let patient: Patient;
  beforeAll(async () => {
    patient = await startPatient();
  });
  afterAll(() => patient?.stop());

  test(
    'people, timers, rights and sessions that move on: nothing wrong is ended, and every end is told',
    { timeout: 60_000 + WITH_CLOCK * 5_000 },
    () =>
      raceAll(patient, WITH_CLOCK, SEED, stageWithClock, [...ENDS, 'RemedyExpired', 'not started, refused']),
  );

  test(
    'a process killed between any two steps: nothing wrong is ended, and every end is told',
    { timeout: 60_000 + WITH_KILLS * 15_000 },
    () => raceAll(patient, WITH_KILLS, SEED + 1, stageWithProcess, [...ENDS, 'started, done, after a crash']),
  );
});

/** Runs so many races, and looks after each batch. */
async function raceAll(
  patient: Patient,
  races: number,
  seed: number,
  open: (options: { patient: Patient; twoPerson: boolean }) => Promise<Stage>,
  ends: readonly string[],
): Promise<void> {
  const random = randomFrom(seed);
  const tally = new Map<string, number>();
  let left = races;
  for (let life = 0; left > 0; life += 1) {
    const twoPerson = life % 3 === 1;
    const stage = await open({ patient, twoPerson });
    try {
      const bystanders = await Promise.all([1, 2].map(() => openTarget(appUrlOf(patient))));
      for (let inLife = 0; inLife < A_LIFE && left > 0; inLife += A_BATCH) {
        const size = Math.min(A_BATCH, left);
        left -= size;
        await raceOnce(patient, stage, random, { size, twoPerson, tally });
        for (const one of bystanders) expect(await one.answers(), 'a bystander').toBe(true);
      }
      await Promise.all(bystanders.map((one) => one.leave()));
    } finally {
      await stage.stop();
    }
  }
  // Races that never meet would prove nothing.
  if (RACES >= 100) expect([...tally.keys()]).toEqual(expect.arrayContaining([...ends]));
  const figures = [...tally].toSorted().map(([what, count]) => `${what}: ${count}`);
  console.info(`${races} races, seed ${seed}\n  ${figures.join('\n  ')}`);
}

interface BatchOptions {
  readonly size: number;
  readonly twoPerson: boolean;
  readonly tally: Map<string, number>;
}

/** A batch of races at the same time, the clock or the killer among them. */
async function raceOnce(
  patient: Patient,
  stage: Stage,
  random: () => number,
  { size, twoPerson, tally }: BatchOptions,
): Promise<void> {
  const before = new Set(stage.slack.workspace.channels().flatMap((one) => requestsIn(stage, one.id)));
  const races = Array.from({ length: size }, () => draw(random, twoPerson));
  const running = await Promise.all(races.map((race) => ask(patient, stage, race, before)));
  const [meddles] = await Promise.all([
    meddle(stage, random, running),
    ...running.map((race) => compete(patient, stage, race)),
  ]);
  await stage.settled();
  await Promise.all(running.map((race) => closeWhatIsOpen(stage, race)));
  await stage.settled();
  for (const race of running) await expectRight(stage, race, { twoPerson, meddles, tally });
  await Promise.all(running.map(({ target }) => target.leave()));
  if (!stage.approvers.includes(WANDA)) stage.approvers.push(WANDA);
  // What is known of the group is a minute old at most.
  await stage.advance?.(MINUTE + SECOND);
}

/** What happened to all races of a batch. */
interface Meddling {
  /** From then on, by the store's clock, Wanda has no right that could be believed. */
  readonly wandaGoneFrom?: Date;
  /** The same by the clock of this process, where the two are one. */
  readonly noKillForWandaFrom?: number;
}

/** Draws a race. */
function draw(random: () => number, twoPerson: boolean): Race {
  const one = <T>(...of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  const soon = (): number => Math.floor(random() * 40);
  const press = (who: string, what: Press['what'] = 'Approve', after = soon()): Press => ({
    who,
    what,
    after,
  });
  const asker = one(alice, alice, bob);
  const also = twoPerson && random() < 0.8 ? [press(one(carol, WANDA))] : [];
  const race = (name: string, presses: Press[], more: Partial<Race> = {}): Race => ({
    name,
    asker,
    presses: [...presses, ...also],
    forged: false,
    ...more,
  });
  switch (one(1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6, 7, 8, 8, 9, 9, 10)) {
    case 1:
      return race('approve', [press(bob)]);
    case 2:
      return race('approve, two at once', [press(bob, 'Approve', 0), press(carol, 'Approve', 0)]);
    case 3:
      return race('approve twice', [press(bob), press(bob)]);
    case 4:
      return race('approve and deny', [press(bob), press(one(carol, asker), 'Deny')]);
    case 5:
      return race('approve and cancel', [press(carol), press(one(asker, bob), 'Cancel', soon() * 10)]);
    case 6:
      return race('right withdrawn', [press(WANDA, 'Approve', soon() * 20)]);
    case 7:
      return race('no right', [press(mallory), press(alice), ...one([], [press(bob)])]);
    case 8:
      return race('moved on', [press(bob)], { leavesAfter: soon() * 3 });
    case 9:
      return race('forged', [press(bob)], { forged: true });
    default:
      return race('silence', []);
  }
}

/** Somebody asks, and the preview stands where all see it. */
async function ask(
  patient: Patient,
  stage: Stage,
  race: Race,
  before: ReadonlySet<string>,
): Promise<Running> {
  const target = await openTarget(appUrlOf(patient));
  const words = `Terminate backend ${target.pid} (`;
  if (race.forged) await forge(patient, stage, target, race.asker);
  else await stage.slack.actor.command(race.asker, 'backend-team', '/pool', `kill ${target.pid}`);
  const preview = await eventually(
    () =>
      stage.slack.workspace
        .messages(stage.slack.workspace.channel('backend-team')?.id ?? '')
        .find(
          (one) =>
            !before.has(incidentOf(one)) &&
            wordsOf(one).includes(words) &&
            wordsOf(one).includes('"Approve"'),
        ),
    `the preview of ${words}`,
    STUCK_MS,
  );
  return { ...race, target, preview, incident: incidentOf(preview) };
}

/** Asks for the end of a session that is gone and whose pid belongs to another one by now. */
async function forge(patient: Patient, stage: Stage, target: Target, by: string): Promise<void> {
  const gone = await openTarget(appUrlOf(patient));
  await gone.leave();
  const { store, policyOf } = stage;
  const id = await store.nextIncidentId();
  await store.commit([
    {
      to: { fresh: id },
      policy: () => policyOf('orders'),
      command: {
        type: 'RequestRemedy',
        id,
        by: { id: by, groups: ['S0ONCALL'], via: 'slack' },
        action: 'terminate',
        target: { kind: 'backend', pid: target.pid, backendStart: gone.backendStart },
        preview: {
          title: `Terminate backend ${target.pid} (catalytic-api)`,
          facts: [],
          risks: [],
          takenAt: new Date().toISOString(),
        },
      },
    },
  ]);
}

/** Everyone presses at their time; a press on a Lifeguard that is dead is lost. */
async function compete(patient: Patient, stage: Stage, race: Running): Promise<void> {
  const { slack } = stage;
  await Promise.all([
    ...race.presses.map(async ({ who, what, after }) => {
      await pause(after);
      const seen = what === 'Cancel' ? await cancellable(stage, race) : race.preview;
      if (seen !== undefined) await slack.actor.press(who, seen, what);
    }),
    race.leavesAfter === undefined
      ? undefined
      : pause(race.leavesAfter).then(async () => {
          await race.target.leave();
          // Whoever comes next may be given whatever the server gives again.
          const next = await openTarget(appUrlOf(patient));
          await next.leave();
        }),
  ]);
}

/** The message once it has a Cancel; `undefined` when the remedy was too quick for that. */
async function cancellable(stage: Stage, { preview }: Running): Promise<Message | undefined> {
  return eventually(
    () => {
      const seen = stage.slack.workspace.message(preview.channel, preview.ts);
      return seen !== undefined && /"Cancel"/.test(wordsOf(seen)) ? seen : undefined;
    },
    'Cancel',
    400,
  ).catch(() => undefined);
}

/** The clock jumps, Wanda loses her right, or the process is killed, at a moment that chance chooses. */
async function meddle(stage: Stage, random: () => number, races: readonly Running[]): Promise<Meddling> {
  const { store, approvers } = stage;
  const wandaLeaves = (): void => {
    approvers.splice(approvers.indexOf(WANDA), 1);
  };
  const what = random();
  const when = random();
  const jitter = random();
  if (stage.kill !== undefined) {
    const moment = (['RemedyStarted', 'RemedyStarted', 'RemedyApproved', 'RemedyEnded', undefined] as const)[
      Math.floor(what * 5)
    ];
    if (moment === undefined) await pause(when * 2_500);
    else {
      await seenInStore(stage, races, moment);
      await pause(jitter * 30);
    }
    const again = random() < 0.4 ? random() * 5_000 : undefined;
    if (when > 0.5) {
      await stage.kill();
      if (again !== undefined) {
        // While the new process takes up what the old one left behind.
        await pause(again);
        await stage.kill();
      }
      return {};
    }
    wandaLeaves();
    await stage.kill();
    // The new process asks Slack anew; it may have done so before it said that it is ready.
    return { wandaGoneFrom: await store.now(), noKillForWandaFrom: Date.now() };
  }
  await pause(when * 2_000);
  if (what < 0.4) {
    wandaLeaves();
    await stage.advance?.(MINUTE + SECOND);
    return { wandaGoneFrom: await store.now(), noKillForWandaFrom: Date.now() };
  }
  if (what < 0.7) await stage.advance?.(TTL);
  return {};
}

/** Waits until that has happened in one of the races, or has had the time to. */
async function seenInStore(stage: Stage, races: readonly Running[], type: Event['type']): Promise<void> {
  const ids = races.map(({ incident }) => incident);
  await eventually(
    async () => {
      const { rowCount } = await stage.store.pool.query(
        'select from events where incident = any ($1) and type = $2 limit 1',
        [ids, type],
      );
      return rowCount === 1 ? true : undefined;
    },
    type,
    1_500,
  ).catch(() => undefined);
}

/** What nobody has answered is denied, until it is: then nothing can happen to it any more. */
async function closeWhatIsOpen(stage: Stage, { incident, preview }: Running): Promise<void> {
  await eventually(
    async () => {
      if ((await requestOf(stage, incident)).status !== 'pending') return true;
      await stage.slack.actor.press(carol, preview, 'Deny');
      return undefined;
    },
    `${incident} is answered`,
    STUCK_MS,
  );
}

/** What was promised: no wrong end, none twice, none without a valid approval, and each told. */
async function expectRight(
  stage: Stage,
  race: Running,
  { twoPerson, meddles, tally }: { twoPerson: boolean; meddles: Meddling; tally: Map<string, number> },
): Promise<void> {
  const { target, incident } = race;
  const events = await stage.store.events(incident);
  const request = await requestOf(stage, incident);
  const answers = await target.answers();
  const killedAt = target.killedAt();
  const story = () =>
    `${race.name} ${JSON.stringify({ killedAt, answers, leaves: race.leavesAfter })}\n${events.map((one) => JSON.stringify(one)).join('\n')}`;
  const so = (fits: boolean, what: string): void => expect(fits, `${what}; ${story()}`).toBe(true);
  const of = <T extends Event['type']>(type: T): EventOf<T>[] =>
    events.filter((event): event is EventOf<T> => event.type === type);

  const approvals = of('RemedyApproved');
  const [started, ...startedAgain] = of('RemedyStarted');
  const [ended, ...endedAgain] = of('RemedyEnded');
  const closed = events.filter(({ type }) => CLOSING.has(type));
  so(startedAgain.length === 0 && endedAgain.length === 0, 'it starts and ends once');
  so(closed.length === 1 && of('Resolved').length === 1, 'it is over, once');

  const valid = approvals.filter(
    ({ by, at }) =>
      [bob, carol, WANDA].includes(by.id) &&
      Date.parse(at) < Date.parse(request.expiresAt) &&
      (by.id !== WANDA ||
        meddles.wandaGoneFrom === undefined ||
        Date.parse(at) < meddles.wandaGoneFrom.getTime()) &&
      (!twoPerson || by.id !== race.asker),
  );
  so(valid.length === approvals.length, 'each approval is valid');
  const enough = new Set(valid.map(({ by }) => by.id)).size >= (twoPerson ? 2 : 1);
  const isWandas = approvals.some(({ by }) => by.id === WANDA);
  if (started !== undefined) {
    so(enough, 'it starts with enough valid approvals');
    const last = Math.max(...approvals.map(({ at }) => Date.parse(at)));
    so(Date.parse(started.at) - last < TTL, 'it starts while the approval is fresh');
    if (isWandas && meddles.wandaGoneFrom !== undefined)
      so(Date.parse(started.at) < meddles.wandaGoneFrom.getTime(), 'a withdrawn right starts nothing');
  }
  if (killedAt !== undefined) {
    so(!race.forged, 'nothing but the very session that was approved is ended');
    so(started !== undefined, 'what was not started is not ended');
    so(ended?.outcome === 'done', 'what was ended is told as done');
    if (isWandas && meddles.noKillForWandaFrom !== undefined)
      so(killedAt < meddles.noKillForWandaFrom, 'a withdrawn right ends nothing');
  }
  if (ended?.outcome === 'done') {
    // Who finds after a crash that the pid is another's cannot know more than that the approved one is gone.
    const isOthers = race.forged && ended.detail.includes('the pid belongs to another one now');
    so(isOthers || !answers, 'what is told as done is done');
  }
  if (ended !== undefined && ended.outcome !== 'done')
    so(killedAt === undefined, 'what is told as not done is not done');
  if (!answers) so(killedAt !== undefined || race.leavesAfter !== undefined, 'no session ends unexplained');
  if (stage.advance !== undefined && request.status === 'denied') {
    const refused = new Set(of('ActRefused').map(({ by }) => by.id));
    const without = race.presses.filter(({ who }) => who === mallory || who === alice);
    // A denial by the one who asked is theirs to give.
    for (const { who, what } of without) if (what === 'Approve') so(refused.has(who), `${who} is refused`);
  }
  if (ended?.outcome === 'refused') so(/no longer holds/.test(ended.detail), 'a refusal says why');

  const drawn = stage.slack.workspace.message(race.preview.channel, race.preview.ts);
  const words = drawn === undefined ? '' : wordsOf(drawn);
  so(!words.includes('"Approve"'), `the message is closed: ${words}`);
  so(words.includes(sentenceOf(request)), `the message says how it ended: ${words}`);
  const told =
    ended === undefined
      ? (closed[0]?.type ?? '')
      : `${started === undefined ? 'not started' : 'started'}, ${ended.outcome}`;
  const restarted = ended?.detail.includes('restarted while at it') === true ? ', after a crash' : '';
  const key = `${told}${restarted}`;
  tally.set(key, (tally.get(key) ?? 0) + 1);
}

const CLOSING: ReadonlySet<Event['type']> = new Set([
  'RemedyDenied',
  'RemedyCancelled',
  'RemedyExpired',
  'RemedyEnded',
]);

/** How the message of a request that is over begins to say so. */
function sentenceOf({ status, closedBy, result }: RemedyRequest): string {
  switch (status) {
    case 'denied':
      return `denied by <@${closedBy?.id}>`;
    case 'cancelled':
      return `cancelled by <@${closedBy?.id}> before it began`;
    case 'expired':
      return 'nobody approved it by';
    default:
      return result?.detail.split('`')[0]?.slice(0, 40) ?? 'a result';
  }
}

async function requestOf(stage: Stage, incident: string): Promise<RemedyRequest> {
  const request = (await stage.store.incident(incident))?.requests['r1'];
  if (request === undefined) throw new Error(`${incident} has no request`);
  return request;
}

function requestsIn(stage: Stage, channel: string): string[] {
  return stage.slack.workspace.messages(channel).map(incidentOf);
}

function incidentOf(message: Message): string {
  return String(message.metadata?.event_payload?.['incident']);
}

function appUrlOf(patient: Patient): string {
  return patient.urlFor({ user: 'app', password: 'app', application: 'catalytic-api' });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
