import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createLimits } from '../../src/slack/limits.ts';
import { Budgets } from '../../src/store/budgets.ts';
import { Store } from '../../src/store/store.ts';
import { alertOf, byPool, policyOf, post, type TestStore, testStore } from './fixture.ts';

/** The store's clock runs on while the test does: a thousandth of Slack's pace, and nothing refills meanwhile. */
const PACE = 1 / 1_000;
const CHANNEL = { key: 'post #a', intervalMs: 1_000 / PACE, burst: 4 };
const WORKSPACE = { key: 'post', intervalMs: 100 / PACE, burst: 10 };
const BOTH = [CHANNEL, WORKSPACE];

let db: TestStore;
let budgets: Budgets;

beforeAll(async () => {
  db = await testStore();
  budgets = new Budgets(db.store);
  await db.query(`
    insert into incidents (id, key, kind, status, seq, state, opened_at)
    values ('inc-1', 'pool:orders', 'incident', 'open', 1, '{}', now())`);
});

afterAll(() => db.close());

beforeEach(async () => {
  await db.query('delete from slack_budgets');
  await db.query(`delete from effects where incident = 'inc-1'`);
});

/** Lets milliseconds pass, at the pace of these budgets. */
function pass(ms: number): void {
  db.pass(ms / PACE);
}

/** How many calls of an urgency can be made now, one after the other. */
async function room(urgency: number, asked = BOTH): Promise<number> {
  let calls = 0;
  while (await budgets.spend({ budgets: asked, urgency })) calls += 1;
  return calls;
}

async function waits(
  id: string,
  urgency: number,
  options: { lane?: string; slot?: string } = {},
): Promise<boolean> {
  const { lane = `lane-${id}`, slot = 'parent' } = options;
  await db.query(
    `insert into effects (id, incident, kind, lane, payload, due, created_at, urgency, attempts)
     values ($1, 'inc-1', 'slack.message', $2, $3, now(), now(), $4, 1)`,
    [id, lane, JSON.stringify({ slot }), urgency],
  );
  return budgets.wait(id, CHANNEL.key, 'no room');
}

const statusOf = (id: string) =>
  db.query('select status, attempts, urgency, waits_for, granted from effects where id = $1', [id]);

test('a bucket takes its burst at once, then one each interval', async () => {
  expect(await room(0)).toBe(4);
  pass(2_500);
  expect(await room(0)).toBe(2);
  pass(60_000);
  expect(await room(0)).toBe(4);
});

test('the less urgent leaves something for the more urgent', async () => {
  expect(await room(3)).toBe(2);
  expect(await room(2)).toBe(0);
  expect(await room(1)).toBe(1);
  expect(await room(0)).toBe(1);
});

test('of many at once no more get through than there is room for, whoever asks', async () => {
  const others = [budgets, new Budgets(db.store)];
  const all = await Promise.all(
    Array.from({ length: 20 }, (_none, index) => others[index % 2]?.spend({ budgets: BOTH, urgency: 0 })),
  );
  // Of the first, which make the budgets, all but one may come in vain.
  expect(all.filter(Boolean).length).toBeLessThanOrEqual(4);
  expect(all.filter(Boolean).length + (await room(0))).toBe(4);
});

test('what two budgets are asked for is taken from both, or from neither', async () => {
  expect(await room(0, [WORKSPACE])).toBe(10);
  expect(await room(0)).toBe(0);
  pass(100);
  expect(await room(0)).toBe(1);
  expect(await room(0, [CHANNEL])).toBe(3);
});

test('who waits is let through by urgency, then in turn, and as fast as there is room', async () => {
  await room(0);
  for (const [id, urgency] of [
    ['late', 3],
    ['second', 1],
    ['third', 1],
    ['click', 0],
  ] as const) {
    expect(await waits(id, urgency)).toBe(true);
  }
  expect(await budgets.grant()).toBeUndefined();
  expect(await budgets.nextInMs()).toBeGreaterThan(0);
  const order: (string | undefined)[] = [];
  for (let second = 0; second < 8; second += 1) {
    pass(1_000);
    for (let id = await budgets.grant(); id !== undefined; id = await budgets.grant()) order.push(id);
  }
  expect(order).toEqual(['click', 'second', 'third', 'late']);
  expect(await budgets.nextInMs()).toBeUndefined();
  expect(await statusOf('late')).toEqual([
    { status: 'owed', attempts: 0, urgency: 3, waits_for: null, granted: CHANNEL.key },
  ]);
});

test('nobody goes before those that wait and are as urgent', async () => {
  await room(0);
  await waits('w', 1);
  pass(10_000);
  expect(await room(1)).toBe(0);
  expect(await budgets.spend({ budgets: BOTH, urgency: 0 })).toBe(true);
  expect(await budgets.grant()).toBe('w');
});

test('drawings of one message that wait are one, as urgent as the most urgent of them', async () => {
  await room(0);
  expect(await waits('old', 3, { lane: 'l' })).toBe(true);
  expect(await waits('new', 0, { lane: 'l' })).toBe(false);
  expect(await waits('other', 2, { lane: 'l', slot: 'verdict' })).toBe(true);
  expect(await statusOf('old')).toMatchObject([{ status: 'owed', urgency: 0 }]);
  expect(await statusOf('new')).toMatchObject([{ status: 'done', waits_for: null }]);
});

test('one that waits is out of the way of its lane, and comes back to it', async () => {
  await room(0);
  await waits('first', 3, { lane: 'l' });
  await db.query(`
    insert into effects (id, incident, kind, lane, payload, due, created_at)
    values ('behind', 'inc-1', 'slack.message', 'l', '{"slot": "verdict"}', now(), now())`);
  expect(await db.outbox.firstOf('l')).toBe('behind');
  expect(await db.outbox.claim('first', 'me')).toBeUndefined();
  expect((await db.outbox.look(10)).waiting).toBe(true);
  expect((await db.outbox.claim('behind', 'me'))?.effect.id).toBe('behind');
  pass(3_000);
  expect(await budgets.grant()).toBe('first');
  // Not while the other is being carried out.
  expect(await db.outbox.claim('first', 'me')).toBeUndefined();
  await db.outbox.finish({ effect: 'behind' });
  const claim = await db.outbox.claim('first', 'me');
  expect(claim).toMatchObject({
    superseded: false,
    effect: { attempt: 1, granted: { budget: CHANNEL.key } },
  });
});

test('what Slack refuses for a while is asked for by nobody until then', async () => {
  await budgets.spend({ budgets: BOTH, urgency: 0 });
  await budgets.hold(CHANNEL.key, 30_000 / PACE);
  pass(29_500);
  expect(await room(0)).toBe(0);
  pass(1_000);
  expect(await room(0)).toBe(1);
});

test('what is given back can be spent again, and lateness is not', async () => {
  expect(await room(0)).toBe(4);
  await budgets.refund(CHANNEL.key);
  expect(await room(0)).toBe(1);
  await budgets.delay(CHANNEL.key, 700 / PACE);
  pass(1_500);
  expect(await room(0)).toBe(0);
  pass(300);
  expect(await room(0)).toBe(1);
});

test("a new incident's first message is paid for with the commit, or waits from the beginning", async () => {
  const store = new Store({
    url: db.url,
    firstBill: createLimits(PACE).firstBill,
    skewMs: () => db.store.skewMs,
  });
  try {
    const open = async (pool: string, claimant?: string) => {
      const alerts = [alertOf(pool, new Date(0))];
      const id = await store.nextIncidentId();
      const command = { type: 'ReceiveAlerts', id, alerts, source: 'alertmanager' } as const;
      const to = post(byPool(pool), command, policyOf(pool));
      const [committed] = await store.commit([to], undefined, claimant);
      return committed;
    };
    const budget = `chat.postMessage ${policyOf().channel}`;
    expect((await open('a', 'me'))?.claimed?.effect.granted?.budget).toBe(budget);
    // Nobody has claimed it: whoever does finds it paid for.
    const unclaimed = await open('b');
    const first = unclaimed?.effects.find(({ kind }) => kind === 'slack.message')?.id ?? '';
    expect((await db.outbox.claim(first, 'you'))?.effect.granted?.budget).toBe(budget);
    expect((await open('c', 'me'))?.claimed?.effect.granted?.budget).toBe(budget);
    const late = await open('d', 'me');
    expect(late).toMatchObject({ waits: late?.effects[0]?.id });
    expect(late?.claimed).toBeUndefined();
    expect(await statusOf(late?.waits ?? '')).toMatchObject([{ attempts: 0, waits_for: budget }]);
    pass(1_000);
    expect(await budgets.grant()).toBe(late?.waits);
  } finally {
    await store.close();
  }
});
