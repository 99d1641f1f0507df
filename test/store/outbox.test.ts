import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LEASE_MS } from '../../src/store/lease.ts';
import { runnable } from '../../src/store/outbox.ts';
import { MINUTE, SECOND } from '../incident/given.ts';
import { type TestStore, testStore } from './fixture.ts';

let db: TestStore;

beforeAll(async () => {
  db = await testStore({ connections: 20 });
  await db.query(`
    insert into incidents (id, key, kind, status, seq, state, opened_at)
    values ('inc-1', 'pool:orders', 'incident', 'open', 1, '{}', now())`);
});

afterAll(() => db.close());

beforeEach(() => db.query('delete from effects; delete from messages'));

/** Puts an effect into the outbox as a commit would; `dueIn` is milliseconds from the store's now. */
async function owe(
  id: string,
  options: { lane?: string; dueIn?: number; kind?: string; slot?: string } = {},
): Promise<void> {
  await db.query(
    `insert into effects (id, incident, kind, lane, payload, due, created_at)
     values ($1, 'inc-1', $2, $3, $4, clock_timestamp() + $5 * interval '1 ms', clock_timestamp())`,
    [
      id,
      options.kind ?? 'slack.message',
      options.lane ?? null,
      JSON.stringify({ slot: options.slot ?? id }),
      (options.dueIn ?? 0) + db.store.skewMs,
    ],
  );
}

/** A message of the incident that is in Slack already. */
async function posted(slot: string): Promise<void> {
  await db.query(
    `insert into messages (incident, slot, channel, ts, digest) values ('inc-1', $1, 'C1', '1.1', '')`,
    [slot],
  );
}

/** Lets every claim run out, as if its lease had passed. */
async function leasesRunOut(): Promise<void> {
  await db.query(
    `update effects set claimed_until = clock_timestamp() - interval '1 ms' where claimed_until is not null`,
  );
}

async function owedIds(): Promise<string[]> {
  return (await db.outbox.owed(100)).map((one) => one.id);
}

describe('a claim', () => {
  test('gives the effect as it was committed, with the number of its try', async () => {
    await owe('e1', { lane: 'slack.inc-1', slot: 'parent' });
    const claim = await db.outbox.claim('e1', 'me');
    expect(claim).toEqual({
      superseded: false,
      effect: {
        id: 'e1',
        incident: 'inc-1',
        kind: 'slack.message',
        lane: 'slack.inc-1',
        payload: { slot: 'parent' },
        attempt: 1,
        urgency: 2,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        dueAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      },
    });
    await owe('e2');
    const alone = await db.outbox.claim('e2', 'me');
    expect(alone?.effect).not.toHaveProperty('lane');
    expect(alone?.superseded).toBe(false);
  });

  test('of 20 at once has one winner', async () => {
    await owe('e1');
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, index) => db.outbox.claim('e1', `runner-${index}`)),
    );
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
    expect(await db.query(`select attempts from effects`)).toEqual([{ attempts: 1 }]);
  });

  test('of what is not there, done, dead or not yet due is none', async () => {
    await owe('done');
    await db.outbox.finish({ effect: 'done' });
    await owe('dead');
    await db.outbox.finish({ effect: 'dead', dead: 'never' });
    await owe('later', { dueIn: 5 * SECOND });
    const claims = ['none', 'done', 'dead', 'later'].map((id) => db.outbox.claim(id, 'me'));
    expect(await Promise.all(claims)).toEqual([undefined, undefined, undefined, undefined]);
    db.pass(5 * SECOND);
    expect((await db.outbox.claim('later', 'me'))?.effect.id).toBe('later');
  });

  test('runs out when it is not renewed, and not a moment before', async () => {
    await owe('e1');
    await db.outbox.claim('e1', 'one');
    expect(await db.outbox.claim('e1', 'other')).toBeUndefined();
    expect(await owedIds()).toEqual([]);
    await leasesRunOut();
    expect(await owedIds()).toEqual(['e1']);
    expect((await db.outbox.claim('e1', 'other'))?.effect.attempt).toBe(2);
  });

  test('lasts the length of a lease, by the real clock', async () => {
    await owe('e1');
    await db.outbox.claim('e1', 'one');
    const [row] = await db.query<{ ms: number }>(
      `select extract(epoch from claimed_until - clock_timestamp())::float8 * 1000 as ms from effects`,
    );
    expect(row?.ms).toBeGreaterThan(LEASE_MS - 5_000);
    expect(row?.ms).toBeLessThanOrEqual(LEASE_MS);
  });

  test('is renewed by its holder alone', async () => {
    await owe('e1');
    await db.outbox.claim('e1', 'one');
    await leasesRunOut();
    await db.outbox.renew(['e1'], 'other');
    expect(await owedIds()).toEqual(['e1']);
    await db.outbox.renew(['e1'], 'one');
    expect(await owedIds()).toEqual([]);
  });

  test('is given back by its holder, or by all where one process is alone', async () => {
    await owe('e1');
    await owe('e2');
    await db.outbox.claim('e1', 'one');
    await db.outbox.claim('e2', 'other');
    await db.outbox.release('one');
    expect(await owedIds()).toEqual(['e1']);
    await db.outbox.release();
    expect((await owedIds()).toSorted()).toEqual(['e1', 'e2']);
  });
});

describe('a lane', () => {
  test('is taken in the order of its commits, one effect at a time', async () => {
    for (const id of ['a', 'b', 'c']) await owe(id, { lane: 'l' });
    expect(await owedIds()).toEqual(['a']);
    expect(await db.outbox.claim('b', 'me')).toBeUndefined();
    expect(await db.outbox.claim('a', 'me')).toBeDefined();
    // Claimed is not done: the next still waits.
    expect(await db.outbox.claim('b', 'me')).toBeUndefined();
    await db.outbox.finish({ effect: 'a' });
    expect(await db.outbox.firstOf('l')).toBe('b');
    expect(await db.outbox.claim('b', 'me')).toBeDefined();
  });

  test('does not hold up another', async () => {
    await owe('a', { lane: 'l' });
    await owe('b', { lane: 'm' });
    await owe('c');
    await db.outbox.claim('a', 'me');
    expect((await owedIds()).toSorted()).toEqual(['b', 'c']);
  });

  test('goes on after a dead effect', async () => {
    await owe('a', { lane: 'l' });
    await owe('b', { lane: 'l' });
    await db.outbox.finish({ effect: 'a', dead: 'refused for good' });
    expect(await owedIds()).toEqual(['b']);
  });

  test('waits for an effect that was put off: it keeps its place', async () => {
    await owe('a', { lane: 'l' });
    await owe('b', { lane: 'l' });
    await db.outbox.claim('a', 'me');
    await db.outbox.postpone('a', 30 * SECOND, 'the server is down');
    expect(await owedIds()).toEqual([]);
    expect(await db.outbox.claim('b', 'me')).toBeUndefined();
    db.pass(30 * SECOND);
    expect(await owedIds()).toEqual(['a']);
  });

  test('is empty once all of it is done', async () => {
    await owe('a', { lane: 'l' });
    await db.outbox.finish({ effect: 'a' });
    expect(await db.outbox.firstOf('l')).toBeUndefined();
  });
});

describe('a drawing', () => {
  test('is superseded when the message is there and a later drawing of it is owed', async () => {
    await posted('parent');
    await owe('a', { lane: 'l', slot: 'parent' });
    await owe('b', { lane: 'l', slot: 'step-2' });
    await owe('c', { lane: 'l', slot: 'parent' });
    expect((await db.outbox.claim('a', 'me'))?.superseded).toBe(true);
    await db.outbox.finish({ effect: 'a' });
    expect((await db.outbox.claim('b', 'me'))?.superseded).toBe(false);
    await db.outbox.finish({ effect: 'b' });
    expect((await db.outbox.claim('c', 'me'))?.superseded).toBe(false);
  });

  test('is not superseded while the message is not there: the first gives it its place in the thread', async () => {
    await owe('a', { lane: 'l', slot: 'step-1' });
    await owe('b', { lane: 'l', slot: 'step-2' });
    await owe('c', { lane: 'l', slot: 'step-1' });
    expect((await db.outbox.claim('a', 'me'))?.superseded).toBe(false);
  });

  test('that was tried before is carried out all the same: it may have been posted, and must be found', async () => {
    await owe('a', { lane: 'l', slot: 'parent' });
    await db.outbox.claim('a', 'me');
    await db.outbox.postpone('a', 0, 'the answer was lost');
    await owe('b', { lane: 'l', slot: 'parent' });
    expect(await db.outbox.claim('a', 'me')).toMatchObject({ superseded: false, effect: { attempt: 2 } });
  });

  test('is not superseded by one in another lane, nor is other work by its like', async () => {
    await owe('a', { lane: 'l', slot: 'parent' });
    await owe('b', { lane: 'm', slot: 'parent' });
    expect((await db.outbox.claim('a', 'me'))?.superseded).toBe(false);
    await owe('t1', { lane: 'n', slot: 'x', kind: 'pagerduty.event' });
    await owe('t2', { lane: 'n', slot: 'x', kind: 'pagerduty.event' });
    expect((await db.outbox.claim('t1', 'me'))?.superseded).toBe(false);
  });
});

describe('putting off', () => {
  test("counts from the store's clock, frees the claim and keeps the reason", async () => {
    await owe('e1');
    await db.outbox.claim('e1', 'me');
    await db.outbox.postpone('e1', 10 * SECOND, 'timed out \u0000');
    expect(await db.query(`select claimed_by, error from effects`)).toEqual([
      { claimed_by: null, error: 'timed out \ufffd' },
    ]);
    expect(await db.outbox.claim('e1', 'me')).toBeUndefined();
    const inMs = (await db.outbox.nextDueIn()) ?? 0;
    expect(inMs).toBeGreaterThan(5 * SECOND);
    expect(inMs).toBeLessThanOrEqual(10 * SECOND);
    db.pass(10 * SECOND);
    expect((await db.outbox.claim('e1', 'me'))?.effect.attempt).toBe(2);
  });

  test('does not bring back what is over', async () => {
    await owe('e1');
    await db.outbox.finish({ effect: 'e1' });
    await db.outbox.postpone('e1', 0, 'too late');
    expect(await db.query('select status, error from effects')).toEqual([{ status: 'done', error: null }]);
  });
});

describe('what is owed', () => {
  test('is told longest due first, and no more than asked for', async () => {
    await owe('young');
    await owe('old', { dueIn: -MINUTE });
    await owe('older', { dueIn: -2 * MINUTE });
    await owe('waits', { dueIn: MINUTE });
    expect(await db.outbox.owed(100)).toEqual([
      { id: 'older', attempts: 0 },
      { id: 'old', attempts: 0 },
      { id: 'young', attempts: 0 },
    ]);
    expect(await db.outbox.owed(2)).toHaveLength(2);
  });

  test('next is the nearest of what waits; undefined when nothing does', async () => {
    await owe('due', { dueIn: -MINUTE });
    expect(await db.outbox.nextDueIn()).toBeUndefined();
    await owe('far', { dueIn: 10 * MINUTE });
    await owe('near', { dueIn: 2 * MINUTE });
    const inMs = (await db.outbox.nextDueIn()) ?? 0;
    expect(inMs).toBeGreaterThan(MINUTE);
    expect(inMs).toBeLessThanOrEqual(2 * MINUTE);
  });

  test('in numbers: due, waiting, dead, and how long the oldest has been due', async () => {
    expect(await db.outbox.figures()).toEqual({ due: 0, waiting: 0, dead: 0, lagMs: 0 });
    await owe('a', { dueIn: -MINUTE });
    await owe('b');
    await owe('c', { dueIn: MINUTE });
    await owe('d');
    await db.outbox.finish({ effect: 'd', dead: 'no' });
    await owe('e');
    await db.outbox.finish({ effect: 'e' });
    const { lagMs, ...rest } = await db.outbox.figures();
    expect(rest).toEqual({ due: 2, waiting: 1, dead: 1 });
    expect(lagMs).toBeGreaterThanOrEqual(MINUTE);
    expect(lagMs).toBeLessThan(MINUTE + 10 * SECOND);
  });

  test('and was given up stays visible with its reason, the newest first', async () => {
    for (const id of ['a', 'b', 'c']) {
      await owe(id);
      await db.outbox.finish({ effect: id, dead: `${id} was refused` });
    }
    expect(await db.outbox.dead(2)).toEqual([
      { id: 'c', incident: 'inc-1', kind: 'slack.message', error: 'c was refused', at: expect.any(Date) },
      { id: 'b', incident: 'inc-1', kind: 'slack.message', error: 'b was refused', at: expect.any(Date) },
    ]);
  });

  test('an effect ends once: what is done does not die afterwards', async () => {
    await owe('e1');
    await db.outbox.finish({ effect: 'e1' });
    await db.outbox.finish({ effect: 'e1', dead: 'too late' });
    expect(await db.query('select status, error from effects')).toEqual([{ status: 'done', error: null }]);
  });
});

describe('what a commit offers at once', () => {
  test('is the first of each lane and all without one; timers wait for their time', () => {
    const message = { kind: 'slack.message', payload: { slot: 'parent' } } as const;
    expect(
      runnable([
        { id: '1', lane: 'l', ...message },
        { id: '2', lane: 'm', ...message },
        { id: '3', lane: 'l', ...message },
        { id: '4', ...message },
        { id: '5', due: new Date().toISOString(), kind: 'timer', payload: { command: 'CheckEscalation' } },
        { id: '6', ...message },
      ]),
    ).toEqual(['1', '2', '4', '6']);
  });
});
