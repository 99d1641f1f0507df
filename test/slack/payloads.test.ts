import type { App } from '@slack/bolt';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { validateBlocks } from '../../src/console/slack/validate.ts';
import { Loop } from '../../src/effects/loop.ts';
import type { Slot } from '../../src/incident/effects.ts';
import type { Incident } from '../../src/incident/state.ts';
import type { RemedyPlan } from '../../src/remedies/remedy.ts';
import { createSlackApp, listen } from '../../src/slack/app.ts';
import type { PoolDesk } from '../../src/slack/desk.ts';
import { ACTION } from '../../src/slack/views/actions.ts';
import { ASSIGN_INPUT, ASSIGN_MODAL } from '../../src/slack/views/follow-ups.ts';
import { viewOf } from '../../src/slack/views/index.ts';
import { REASON_INPUT, REASON_MODAL } from '../../src/slack/views/reason.ts';
import { ROOT_CAUSE_INPUT, ROOT_CAUSE_MODAL } from '../../src/slack/views/root-cause.ts';
import { HAND_OVER_INPUT, HAND_OVER_MODAL, SNOOZE_INPUT, SNOOZE_MODAL } from '../../src/slack/views/shift.ts';
import { Outbox } from '../../src/store/outbox.ts';
import { Store } from '../../src/store/store.ts';
import { type Bench, startBench } from '../console/slack/client.ts';
import { backend, firing, POLICY, PREVIEW } from '../incident/given.ts';
import { recordingLog } from '../intake/web.ts';
import { runs } from '../support/fuzz.ts';
import { testDatabase } from '../support/postgres.ts';

let bench: Bench;
let database: Awaited<ReturnType<typeof testDatabase>>;
let store: Store;
let loop: Loop;
let app: App;
const { log, lines } = recordingLog();

const POOL: PoolDesk = {
  name: 'orders',
  channel: '#backend-team',
  configured: new Set(['restart', 'pool_size']),
  activity: () => Promise.reject(new Error('away')),
  locks: () => Promise.reject(new Error('away')),
  diagnose: async () => ({ steps: [], verdict: { causes: [] }, ms: 1 }),
  preview: async (wish) =>
    ({ action: wish.action, target: backend(4711), preview: PREVIEW }) as unknown as RemedyPlan,
};

beforeAll(async () => {
  bench = await startBench();
  database = await testDatabase({ store: true });
  store = new Store({ url: database.url });
  loop = new Loop({ store, policy: () => POLICY, dispatch: async () => undefined });
  ({ app } = createSlackApp({
    botToken: bench.botToken,
    signingSecret: bench.signingSecret,
    apiUrl: bench.apiUrl,
    log,
  }));
  listen(app, {
    loop,
    store,
    outbox: new Outbox(store),
    pools: new Map([['orders', POOL]]),
    causes: [],
    policy: () => POLICY,
    onCallFor: () => undefined,
    onCall: () => undefined,
    access: POLICY.access,
    groupsOf: async () => [],
    log,
    onInteraction: () => undefined,
  });
});
afterAll(async () => {
  await store?.close();
  await database?.drop();
  await bench?.stop();
});
beforeEach(() => {
  lines.length = 0;
});

/** The open incident of the pool; a new one where the last has ended. */
async function incident(): Promise<string> {
  const open = await store.openIncidentOf('orders');
  if (open !== undefined) return open.id;
  const id = await store.nextIncidentId();
  await loop.submit({
    to: { key: `fuzz:${id}`, reopenWithinMs: 0 },
    command: { type: 'ReceiveAlerts', id, alerts: [firing()], source: 'alertmanager' },
    pool: 'orders',
  });
  return id;
}

/** Text as a hostile client may send it; `INCIDENT` becomes the open incident's id. */
const odd = fc.oneof(
  fc.constantFrom(
    'INCIDENT',
    'INCIDENT',
    'orders',
    'r1',
    'r2',
    '__proto__',
    'constructor',
    '',
    ' ',
    '0',
    '-1',
  ),
  fc.constantFrom(
    '<!channel>',
    '<@U0ALICE>',
    '<http://evil|x>',
    '`',
    '\0',
    '\ud83d',
    '1e999',
    'x'.repeat(4_000),
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

/** The same, or what is no text. */
const oddValue = fc.oneof(
  { weight: 6, arbitrary: odd },
  fc.constantFrom<unknown>(null, 0, -1, 1.5, 1e308, 2, 4711, true, [], {}, [[]], { i: {} }),
);

const carried = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .record(
        Object.fromEntries(
          ['i', 'r', 'step', 'pid', 'pool', 'b', 'q', 's', 'app', 'gid', 'db', 'f', 'a', 'c', 't'].map(
            (key) => [key, oddValue],
          ),
        ),
        { requiredKeys: [] },
      )
      .map((value) => JSON.stringify({ i: 'INCIDENT', pool: 'orders', ...value })),
  },
  odd,
  fc.constantFrom('null', '[]', '0', '"', '{"i":null}', '{"v":null,"a":"restart","c":"C1"}'),
);

const person = fc.constantFrom('U0GUEST', 'U0ALICE', 'U0RITA');

const press = fc
  .record({
    user: person,
    action: fc.constantFrom(
      ...Object.values(ACTION).filter((id) => id !== ACTION.setTimeout),
      'timeout.statement_timeout',
      'approve.x',
    ),
    value: fc.option(carried, { nil: undefined }),
  })
  .map(({ user, action, value }) => ({
    type: 'block_actions',
    user: { id: user, username: user, name: user, team_id: 'T1' },
    team: { id: 'T1', domain: 'x' },
    channel: { id: 'C1', name: 'incidents' },
    trigger_id: '1.2.3',
    response_url: 'http://127.0.0.1:1/',
    actions: [
      {
        type: 'button',
        action_id: action,
        block_id: 'b',
        action_ts: '1.1',
        ...(value === undefined ? {} : { value }),
      },
    ],
  }));

/** What the fields of a modal hold, by the names that they have, or by others. */
const fields = fc.record(
  Object.fromEntries(
    [
      REASON_INPUT,
      SNOOZE_INPUT,
      HAND_OVER_INPUT,
      ...Object.values(ASSIGN_INPUT),
      ...Object.values(ROOT_CAUSE_INPUT),
    ].map((name) => [
      name,
      fc.option(
        fc
          .record(
            {
              type: fc.constant('plain_text_input'),
              value: fc.option(odd),
              selected_user: fc.option(fc.oneof(person, odd)),
              selected_date: fc.option(fc.oneof(fc.constant('2026-03-09'), odd)),
              selected_option: fc.option(fc.record({ value: odd })),
            },
            { requiredKeys: ['type'] },
          )
          .map((field) => ({ [name]: field })),
        { nil: undefined },
      ),
    ]),
  ),
  { requiredKeys: [] },
);

const submission = fc
  .record({
    user: person,
    modal: fc.constantFrom(REASON_MODAL, SNOOZE_MODAL, HAND_OVER_MODAL, ASSIGN_MODAL, ROOT_CAUSE_MODAL),
    metadata: carried,
    fields,
  })
  .map(({ user, modal, metadata, fields }) => ({
    type: 'view_submission',
    user: { id: user, name: user, team_id: 'T1' },
    team: { id: 'T1', domain: 'x' },
    view: {
      id: 'V1',
      type: 'modal',
      callback_id: modal,
      private_metadata: metadata,
      state: { values: JSON.parse(JSON.stringify(fields)) as object },
    },
  }));

const WORDS = [
  'status',
  'diagnose',
  'queries',
  'kill',
  'remedies',
  'timeout',
  'undo',
  'incidents',
  'escalate',
  'oncall',
];

const typed = fc
  .record({
    user: person,
    words: fc.array(
      fc.oneof(odd, fc.constantFrom(...WORDS, 'statement', '30s', '4711', '99999999999', 'INCIDENT/r1', '4')),
      { maxLength: 5 },
    ),
    first: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...WORDS, 'help') }, odd),
  })
  .map(({ user, first, words }) => ({
    command: '/pool',
    text: [first, ...words].join(' '),
    user_id: user,
    user_name: user,
    channel_id: 'C1',
    channel_name: 'incidents',
    team_id: 'T1',
    trigger_id: '1.2.3',
    response_url: 'http://127.0.0.1:1/',
  }));

/** Gives a payload to Bolt as its receiver does once it has verified it. */
async function receive(payload: unknown, id: string): Promise<number> {
  let acknowledged = 0;
  await app.processEvent({
    body: JSON.parse(JSON.stringify(payload).replaceAll('INCIDENT', id)) as Record<string, unknown>,
    ack: async () => {
      acknowledged += 1;
    },
  });
  return acknowledged;
}

/** Every message that an incident has by now. */
function drawn(one: Incident): void {
  const slots: Slot[] = ['parent', ...Object.keys(one.requests).map((id): Slot => `request-${id}`)];
  for (const slot of slots) {
    const view = viewOf(slot, one, { policy: POLICY }, undefined);
    if (view === undefined) continue;
    expect(validateBlocks(view.blocks)).toEqual([]);
    expect(JSON.stringify(view)).not.toMatch(/<!channel>|<http:\/\/evil/);
  }
}

/** Faults of ours (no pool to look at, and no press that Slack knows of, is none), which a person is told as “please try again”: a payload must not be able to cause one. */
const faults = () =>
  lines
    .filter((line) => line.includes('"level":"error"') && !/away|invalid_trigger_id/.test(line))
    .map((line) => line.slice(0, 600));

/** What was found once, and is looked at first. */
const FOUND: Readonly<Record<string, [unknown][]>> = {
  // PostgreSQL takes NUL in no text.
  'a modal': [
    [
      {
        type: 'view_submission',
        user: { id: 'U0ALICE', name: 'Alice', team_id: 'T1' },
        team: { id: 'T1', domain: 'x' },
        view: {
          id: 'V1',
          type: 'modal',
          callback_id: SNOOZE_MODAL,
          private_metadata: '{"i":"\\u0000"}',
          state: {
            values: { [SNOOZE_INPUT]: { [SNOOZE_INPUT]: { type: 'plain_text_input', value: 'why' } } },
          },
        },
      },
    ],
  ],
};

describe('whatever a payload of Slack holds', () => {
  test.each([
    ['a press', press, 50],
    ['a modal', submission, 40],
    ['a command', typed, 40],
  ] as const)('%s is acknowledged once, and what it leads to can be drawn', async (what, payloads, usual) => {
    await fc.assert(
      fc.asyncProperty(payloads as fc.Arbitrary<unknown>, async (payload) => {
        const id = await incident();
        expect(await receive(payload, id)).toBe(1);
        expect(faults()).toEqual([]);
        const after = await store.incident(id);
        if (after !== undefined) drawn(after);
      }),
      { numRuns: runs(usual), examples: FOUND[what] ?? [] },
    );
  });

  test('somebody without a right changes nothing by it', async () => {
    const id = await incident();
    const before = (await store.events(id)).length;
    await fc.assert(
      fc.asyncProperty(fc.oneof(press, submission, typed) as fc.Arbitrary<unknown>, async (payload) => {
        await receive(JSON.parse(JSON.stringify(payload).replaceAll(/U0ALICE|U0RITA/g, 'U0GUEST')), id);
        const since = (await store.events(id)).slice(before);
        expect(since.filter(({ type }) => type !== 'ActRefused')).toEqual([]);
      }),
      { numRuns: runs(30) },
    );
  });
});
