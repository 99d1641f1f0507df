import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { Later } from '../../src/effects/handler.ts';
import type { Command } from '../../src/incident/commands.ts';
import type { Told } from '../../src/incident/decide/index.ts';
import type { Effect, EffectOf } from '../../src/incident/effects.ts';
import { Lifeline } from '../../src/pool/lifeline.ts';
import { createRemedyHandler } from '../../src/remedies/handler.ts';
import { type PoolFacts, previewOf, type Wish } from '../../src/remedies/registry.ts';
import { createUndoHandler } from '../../src/remedies/undo.ts';
import { requestView } from '../../src/slack/views/request.ts';
import { ALICE, at, BEGIN, inThread, MINUTE, owed, POLICY, RITA, type Story } from '../incident/given.ts';
import { pidOf } from '../pool/crowd.ts';
import { type House, planOf, startHouse } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await startHouse();
});
afterAll(() => house?.stop());

/** What the receiver of the webhooks was told, and how it answers. */
const told: Record<string, unknown>[] = [];
let answer: number | 'breaks off' = 200;
let pool: PoolFacts;
beforeEach(async () => {
  told.length = 0;
  answer = 200;
  const server = createServer(async (request, response) => {
    let raw = '';
    for await (const chunk of request.setEncoding('utf8')) raw += String(chunk);
    told.push(JSON.parse(raw));
    if (answer === 'breaks off') request.socket.destroy();
    else response.writeHead(answer).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const webhook = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    secret: 's',
    timeoutMs: 1_000,
  };
  pool = {
    name: 'orders',
    restart: { webhook },
    poolSize: { webhook, raiseBy: { percent: 50 }, revertAfterMs: 30 * MINUTE },
  };
  return () => {
    server.closeAllConnections();
    server.close();
  };
});

function answered(told: Told | undefined): { told?: Told } {
  return told === undefined ? {} : { told };
}

/** A worker of this story: what it reports is given to the incident, as the runner does. */
function workerOf(story: Story, lifeline: Lifeline | (() => Lifeline) = house.doctor) {
  const options = {
    store: {
      incident: async () => story.state,
      now: async () => new Date(BEGIN + story.clock),
    },
    loop: {
      submit: async ({ command }: { command: Command }) => ({
        events: [],
        effects: [],
        ...answered(story.when(command).told),
      }),
    },
    lifelineOf: () => (typeof lifeline === 'function' ? lifeline() : lifeline),
    configOf: () => pool,
    groupsOf: async () => [],
    settle: async () => {},
  };
  const common = { id: 'inc-1.9', incident: 'inc-1', attempt: 1, createdAt: at(0) };
  const handler = createRemedyHandler(options);
  const effect = <K extends Effect['kind']>(kind: K) =>
    ({ ...common, kind, payload: { request: 'r1' } }) as unknown as EffectOf<K>;
  return {
    async execute(attempt = 1) {
      const { command } = await handler({ ...effect('remedy.execute'), attempt });
      return command === undefined ? [] : story.when(command).events;
    },
    async undo() {
      const { command } = await createUndoHandler(options)(effect('remedy.undo'));
      return command === undefined ? [] : story.when(command).events;
    },
  };
}

const ONE_APPROVES = { ...POLICY, access: { ...POLICY.access, twoPerson: [] } };

/** Asked for and approved by Alice at the story's beginning; with `started`, a worker was killed in the midst of it. */
async function approved(wish: Wish, started: boolean): Promise<Story> {
  const plan = planOf(await previewOf(house.doctor, wish, new Date(BEGIN), pool));
  const story = inThread(ONE_APPROVES).given(
    { type: 'RequestRemedy', by: RITA, ...plan, reason: 'it is stuck', id: 'inc-1' },
    { type: 'Approve', by: ALICE, request: 'r1' },
  );
  if (started) story.given({ type: 'StartRemedy', request: 'r1', approvers: [ALICE] });
  return story;
}

/** The approval is for now, and that was long ago. */
const LAPSED = 10 * MINUTE;

const shown = ({ incident }: Story): string =>
  incident.requests['r1'] === undefined
    ? ''
    : JSON.stringify(requestView(incident, incident.requests['r1'], false));

test('after a crash with a lapsed approval, what is gone was done, and nothing is done a second time', async () => {
  const client = await house.app();
  client.on('error', () => {});
  const story = await approved({ action: 'terminate', pid: await pidOf(client) }, true);
  await client.end();
  expect(await workerOf(story.at(LAPSED)).execute()).toMatchObject([
    { type: 'RemedyEnded', outcome: 'done', detail: expect.stringContaining('did nothing a second time') },
  ]);
});

test('what is still there was not done and is left alone', async () => {
  const client = await house.app();
  const story = await approved({ action: 'terminate', pid: await pidOf(client) }, true);
  const [ended] = await workerOf(story.at(LAPSED)).execute();
  expect(ended).toMatchObject({
    type: 'RemedyEnded',
    outcome: 'refused',
    detail: expect.stringMatching(/approval no longer holds: it is older than .* was not tried again/),
  });
  expect(ended).not.toHaveProperty('unknown');
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

test('where nobody can look, that is said', async () => {
  const away = new Lifeline({ url: 'postgres://doctor@127.0.0.1:9/none' });
  onTestFinished(() => away.close());
  const client = await house.app();
  const story = await approved({ action: 'terminate', pid: await pidOf(client) }, true);
  expect(await workerOf(story.at(LAPSED), away).execute()).toMatchObject([
    { outcome: 'failed', unknown: true, detail: expect.stringContaining('could not be looked up') },
  ]);
});

test('of a webhook only its receiver knows: it is not told again, and the size is taken back', async () => {
  const story = await approved({ action: 'pool_size' }, true);
  const worker = workerOf(story.at(LAPSED));
  expect(await worker.execute()).toMatchObject([
    {
      outcome: 'failed',
      unknown: true,
      detail: expect.stringMatching(
        /unknown whether the receiver did it; it was not told again; it is taken back/,
      ),
    },
  ]);
  expect(told).toEqual([]);
  expect(owed(story.effects)).toContain(`RevertRemedy at ${at(LAPSED + 30 * MINUTE)}`);
  expect(shown(story)).toMatch(/\*Perhaps in force\* until .*"text":"Undo"/);

  story.at(LAPSED + 30 * MINUTE).given({ type: 'RevertRemedy', request: 'r1' });
  expect(await worker.undo()).toMatchObject([{ type: 'UndoEnded', outcome: 'done' }]);
  expect(told).toMatchObject([{ action: 'pool_size_undo' }]);
  expect(story.incident.requests['r1']?.undo?.status).toBe('ended');
});

test('a restart by webhook that was cut short so is as unknown, and there is nothing to take back', async () => {
  const story = await approved({ action: 'restart' }, true);
  expect(await workerOf(story.at(LAPSED)).execute()).toMatchObject([
    {
      outcome: 'failed',
      unknown: true,
      detail: expect.stringContaining('unknown whether the receiver did it'),
    },
  ]);
  expect(told).toEqual([]);
  expect(story.incident.requests['r1']?.undo).toBeUndefined();
});

test('a raise whose answer is lost may be in force, and is taken back', async () => {
  answer = 'breaks off';
  const story = await approved({ action: 'pool_size' }, false);
  expect(await workerOf(story).execute()).toMatchObject([
    { outcome: 'failed', unknown: true, detail: expect.stringContaining('may have been done or not') },
  ]);
  expect(story.incident.requests['r1']?.undo).toMatchObject({ status: 'standing', until: at(30 * MINUTE) });
});

test('a raise that is refused was not made; told again after a crash it may have been before', async () => {
  answer = 500;
  const refused = await approved({ action: 'pool_size' }, false);
  await workerOf(refused).execute();
  expect(refused.incident.requests['r1']?.undo).toBeUndefined();

  const story = await approved({ action: 'pool_size' }, true);
  expect(await workerOf(story).execute()).toMatchObject([
    { outcome: 'failed', unknown: true, detail: expect.stringContaining('whether the first order arrived') },
  ]);
  expect(story.incident.requests['r1']?.undo?.status).toBe('standing');
});

describe('a try that could not reach the pool, and what was approved is gone by the next', () => {
  async function firstTryFails(): Promise<{ story: Story; worker: ReturnType<typeof workerOf> }> {
    const away = new Lifeline({ url: 'postgres://doctor@127.0.0.1:9/none' });
    onTestFinished(() => away.close());
    const client = await house.app();
    client.on('error', () => {});
    const story = await approved({ action: 'terminate', pid: await pidOf(client) }, false);
    const lifelines = [away];
    const worker = workerOf(story, () => lifelines.pop() ?? house.doctor);
    await expect(worker.execute(1)).rejects.toThrow(Later);
    await client.end();
    return { story, worker };
  }

  test('is known to have done nothing', async () => {
    const { worker } = await firstTryFails();
    expect(await worker.execute(2)).toMatchObject([{ type: 'RemedyEnded', outcome: 'nothing_to_do' }]);
  });

  test('is not known to whoever comes after one more try, by another process, or after a restart', async () => {
    const { worker, story } = await firstTryFails();
    const done = [{ outcome: 'done', detail: expect.stringContaining('did nothing a second time') }];
    const before = story.state;
    expect(await worker.execute(3)).toMatchObject(done);
    if (before !== undefined) story.state = before;
    expect(await workerOf(story).execute(2)).toMatchObject(done);
  });
});
