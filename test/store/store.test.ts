import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { fold } from '../../src/incident/evolve.ts';
import type { Incident } from '../../src/incident/state.ts';
import type { Committed, Post } from '../../src/store/store.ts';
import { ALICE, asking, levels, MINUTE, only, RITA, types } from '../incident/given.ts';
import { alertOf, byPool, policyOf, post, type TestStore, testStore } from './fixture.ts';

let db: TestStore;
let pools = 0;

beforeAll(async () => {
  db = await testStore();
});

afterAll(() => db.close());

/** A pool that no other test has. */
function newPool(): string {
  pools += 1;
  return `pool${pools}`;
}

/** Alertmanager reports an alert of the pool. */
async function notify(
  pool: string,
  options: {
    fingerprint?: string;
    since?: Date;
    status?: 'firing' | 'resolved';
    reopenWithinMs?: number;
  } = {},
): Promise<Committed> {
  const alert = alertOf(options.fingerprint ?? 'f1', options.since ?? new Date(0), options.status);
  const id = await db.store.nextIncidentId();
  const command = { type: 'ReceiveAlerts', id, alerts: [alert], source: 'alertmanager' } as const;
  return one([post(byPool(pool, options.reopenWithinMs), command, policyOf(pool))]);
}

async function one(posts: readonly Post[]): Promise<Committed> {
  const [committed] = await db.store.commit(posts);
  if (committed === undefined) throw new Error('nothing was committed');
  return committed;
}

function incidentOf(committed: Committed): Incident {
  if (committed.incident === undefined) throw new Error('no incident came of it');
  return committed.incident;
}

/** How many rows each table holds of what the pool's incidents are made of. */
async function rowsOf(pool: string) {
  const [row] = await db.query<{ incidents: number; events: number; effects: number }>(
    `select (select count(*)::int from incidents where pool = $1) as incidents,
            (select count(*)::int from events  join incidents on incident = id where pool = $1) as events,
            (select count(*)::int from effects join incidents on incident = incidents.id where pool = $1) as effects`,
    [pool],
  );
  return row;
}

describe('a commit', () => {
  test('leaves the events, the incident they add up to, and every effect that follows', async () => {
    const pool = newPool();
    const committed = await notify(pool);
    const { id } = incidentOf(committed);
    expect(await db.store.events(id)).toEqual(committed.events);
    expect(await db.store.incident(id)).toEqual(committed.incident);
    expect(await db.store.openIncidentOf(pool)).toEqual(committed.incident);
    const rows = await db.query(
      'select id, kind, lane, payload from effects where incident = $1 order by n',
      [id],
    );
    expect(rows).toEqual(
      committed.effects.map(({ id: effect, kind, lane, payload }) => ({
        id: effect,
        kind,
        lane: lane ?? null,
        payload,
      })),
    );
  });

  test('keeps an effect without a due time for now, and a timer for its time', async () => {
    const { id } = incidentOf(await notify(newPool(), { since: await db.store.now() }));
    const rows = await db.query<{ kind: string; minutes: number }>(
      `select kind, round(extract(epoch from due - created_at) / 60)::int as minutes from effects where incident = $1`,
      [id],
    );
    const timers = rows.filter((row) => row.kind === 'timer').map((row) => row.minutes);
    expect(timers.toSorted((a, b) => a - b)).toEqual([5, 15, 30]);
    expect(rows.filter((row) => row.kind !== 'timer').map((row) => row.minutes)).toEqual([0, 0, 0]);
  });

  test('that leads to no event writes nothing, and says how the incident stands', async () => {
    const pool = newPool();
    const first = await notify(pool);
    const before = await rowsOf(pool);
    const again = await notify(pool);
    expect(again).toEqual({ incident: first.incident, events: [], effects: [] });
    expect(await rowsOf(pool)).toEqual(before);
  });

  test('to an incident that is not there says so', async () => {
    const answer = await one([post({ incident: 'inc-none' }, { type: 'Acknowledge', by: RITA })]);
    expect(answer).toEqual({ events: [], effects: [], told: { code: 'not_open' } });
  });

  test('takes the rules of the pool that the incident belongs to', async () => {
    const pool = newPool();
    const { id } = incidentOf(await notify(pool));
    const asked: (string | undefined)[] = [];
    const policy = (name: string | undefined) => {
      asked.push(name);
      return policyOf(name);
    };
    await db.store.commit([{ to: { incident: id }, command: { type: 'Acknowledge', by: RITA }, policy }]);
    expect(asked).toEqual([pool]);
  });

  test('of a wish with no incident open makes an aggregate of its own, which no alert falls into', async () => {
    const pool = newPool();
    const id = await db.store.nextIncidentId();
    const wish = { ...asking(ALICE), id } as ReturnType<typeof asking>;
    const asked = await one([post({ fresh: id }, wish, policyOf(pool))]);
    expect(incidentOf(asked)).toMatchObject({ id, kind: 'request', pool });
    expect(await db.store.openIncidentOf(pool)).toBeUndefined();
    expect(incidentOf(await notify(pool)).id).not.toBe(id);
  });

  test('keeps what a jsonb cannot hold as it is: the text stays readable and the rest untouched', async () => {
    const pool = newPool();
    const { id } = incidentOf(await notify(pool));
    const detail = 'a\u0000b \ud800 c \\u0000 \u{1f418}';
    const command = { type: 'RecordDeadEffect', effect: 'e', kind: 'timer', detail } as const;
    await db.store.commit([post({ incident: id }, command)]);
    const events = await db.store.events(id);
    expect(only(events, 'EffectDied')[0]?.detail).toBe('a\ufffdb \ufffd c \\u0000 \u{1f418}');
  });
});

describe('at once', () => {
  test('two deliveries for one key open one incident', async () => {
    const pool = newPool();
    const since = new Date();
    const committed = await Promise.all(Array.from({ length: 8 }, () => notify(pool, { since })));
    expect(new Set(committed.map((result) => result.incident?.id)).size).toBe(1);
    expect(committed.filter((result) => result.events.length > 0)).toHaveLength(1);
    expect(await rowsOf(pool)).toMatchObject({ incidents: 1 });
  });

  test('groups of several keys in different orders wait for each other without deadlock', async () => {
    const names = [newPool(), newPool(), newPool()];
    const deliver = async (order: readonly string[]) => {
      const id = await db.store.nextIncidentId();
      const posts = order.map((pool, index) => {
        const alerts = [alertOf('f1', new Date())];
        return post(
          byPool(pool),
          { type: 'ReceiveAlerts', id: `${id}-${index}`, alerts, source: 'am' },
          policyOf(pool),
        );
      });
      return db.store.commit(posts);
    };
    const results = await Promise.all(
      Array.from({ length: 9 }, (_, index) => deliver(index % 2 === 0 ? names : names.toReversed())),
    );
    for (const [index, result] of results.entries()) {
      const asked = index % 2 === 0 ? names : names.toReversed();
      expect(result.map((committed) => committed.incident?.pool)).toEqual(asked);
    }
    for (const pool of names) expect(await rowsOf(pool)).toMatchObject({ incidents: 1 });
  });

  test('20 commands to one incident leave its events without a gap, in the order of their times', async () => {
    const pool = newPool();
    const { id, seq } = incidentOf(await notify(pool));
    const commands = Array.from({ length: 20 }, (_, index) => ({
      type: 'NoteRefusal' as const,
      by: RITA,
      act: `act ${index}`,
      why: 'no',
    }));
    await Promise.all(commands.map((command) => db.store.commit([post({ incident: id }, command)])));
    const events = await db.store.events(id);
    const rows = await db.query<{ seq: number }>('select seq from events where incident = $1 order by seq', [
      id,
    ]);
    expect(rows.map((row) => row.seq)).toEqual(Array.from({ length: seq + 20 }, (_, index) => index + 1));
    expect(new Set(only(events, 'ActRefused').map((event) => event.act)).size).toBe(20);
    const times = events.map((event) => event.at);
    expect(times).toEqual(times.toSorted());
    expect(await db.store.incident(id)).toEqual(fold(events));
  });

  test('a command that waited for another is decided by the time at which its turn came', async () => {
    const { id } = incidentOf(await notify(newPool()));
    const other = await db.store.pool.connect();
    await other.query('begin');
    await other.query('select from incidents where id = $1 for update', [id]);
    const waiting = one([post({ incident: id }, { type: 'Acknowledge', by: RITA })]);
    await untilSomeoneWaits();
    const freed = await db.store.now();
    await other.query('commit');
    other.release();
    const event = (await waiting).events[0];
    expect(Date.parse(event?.at ?? '')).toBeGreaterThanOrEqual(freed.getTime());
  });

  test('ids of incidents are never given twice', async () => {
    const ids = await Promise.all(Array.from({ length: 30 }, () => db.store.nextIncidentId()));
    expect(new Set(ids).size).toBe(30);
    expect(ids.every((id) => /^inc-\d+$/.test(id))).toBe(true);
  });
});

describe('all or nothing', () => {
  test('when one of several commands fails, none of them has happened', async () => {
    const [good, bad] = [newPool(), newPool()];
    const alerts = [alertOf('f1', new Date())];
    const posts: Post[] = [
      post(
        byPool(good),
        { type: 'ReceiveAlerts', id: await db.store.nextIncidentId(), alerts, source: 'am' },
        policyOf(good),
      ),
      {
        to: byPool(bad),
        command: { type: 'ReceiveAlerts', id: 'x', alerts, source: 'am' },
        policy: () => {
          throw new Error('the configuration is broken');
        },
      },
    ];
    await expect(db.store.commit(posts)).rejects.toThrow('the configuration is broken');
    expect(await rowsOf(good)).toEqual({ incidents: 0, events: 0, effects: 0 });
    expect(await db.store.openIncidentOf(good)).toBeUndefined();
  });

  test('when the end of an effect cannot be written, its command has not happened either', async () => {
    const pool = newPool();
    const { id } = incidentOf(await notify(pool));
    const before = await rowsOf(pool);
    // A message of an incident that is not there: the database refuses it.
    const message = { incident: 'inc-none', slot: 'parent', channel: 'C1', ts: '1.1', digest: 'd' };
    await expect(
      db.store.commit([post({ incident: id }, { type: 'Acknowledge', by: RITA })], { effect: 'e', message }),
    ).rejects.toThrow(/foreign key/);
    expect(await rowsOf(pool)).toEqual(before);
    expect((await db.store.incident(id))?.acknowledged).toBeUndefined();
  });

  test('a failed commit gives its connection back', async () => {
    const broken: Post = {
      to: { incident: 'inc-none' },
      command: { type: 'CheckEscalation' },
      policy: () => {
        throw new Error('broken');
      },
    };
    const tries = Array.from({ length: 15 }, () => db.store.commit([broken]).catch(() => undefined));
    await Promise.all(tries);
    await expect(db.store.ping()).resolves.toBeUndefined();
  });
});

describe('the clock', () => {
  test("is the store's own, moved by what a test adds", async () => {
    const before = await db.store.now();
    db.pass(MINUTE);
    const after = await db.store.now();
    const passed = after.getTime() - before.getTime();
    expect(passed).toBeGreaterThanOrEqual(MINUTE);
    expect(passed).toBeLessThan(MINUTE + 10_000);
  });

  test('decides which levels are due', async () => {
    const { id } = incidentOf(await notify(newPool(), { since: await db.store.now() }));
    const check = () => one([post({ incident: id }, { type: 'CheckEscalation' })]);
    expect(levels((await check()).events)).toEqual([]);
    db.pass(5 * MINUTE);
    expect(levels((await check()).events)).toEqual([2]);
  });

  test('decides, whatever the clock of the replica says that gives the command', async () => {
    const { id } = incidentOf(await notify(newPool(), { since: await db.store.now() }));
    const check = () => one([post({ incident: id }, { type: 'CheckEscalation' })]);
    onTestFinished(() => void vi.useRealTimers());
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5 * MINUTE + 3_000 });
    expect(levels((await check()).events)).toEqual([]);
    vi.setSystemTime(Date.now() - 10 * MINUTE);
    db.pass(5 * MINUTE);
    const { events } = await check();
    expect(levels(events)).toEqual([2]);
    const reachedAt = Date.parse(only(events, 'LevelReached')[0]?.at ?? '');
    expect(Math.abs(reachedAt - (await db.store.now()).getTime())).toBeLessThan(10_000);
  });

  test('an alert soon after a resolve reopens the incident; a later one opens another', async () => {
    const pool = newPool();
    const first = incidentOf(await notify(pool, { since: await db.store.now() }));
    await notify(pool, { since: await db.store.now(), status: 'resolved' });
    db.pass(29 * MINUTE);
    const again = await notify(pool, { since: await db.store.now() });
    expect(incidentOf(again)).toMatchObject({ id: first.id, firing: 2 });
    expect(types(again.events)[0]).toBe('IncidentReopened');

    await notify(pool, { since: await db.store.now(), status: 'resolved' });
    expect((await db.store.incident(first.id))?.status).toBe('resolved');
    db.pass(31 * MINUTE);
    const another = incidentOf(await notify(pool, { since: await db.store.now() }));
    expect(another.id).not.toBe(first.id);
    expect(another.firing).toBe(1);
  });
});

describe('the lists', () => {
  test('open incidents come first, oldest first, then those resolved since', async () => {
    const [one1, two, done] = [newPool(), newPool(), newPool()];
    const since = await db.store.now();
    await notify(done, { since });
    await notify(done, { since, status: 'resolved' });
    await notify(one1, { since });
    await notify(two, { since });
    const mine = (list: readonly Incident[]) =>
      list.map((incident) => incident.pool).filter((pool) => [one1, two, done].includes(pool ?? ''));
    expect(mine(await db.store.incidents({ limit: 100 }))).toEqual([one1, two]);
    expect(mine(await db.store.incidents({ limit: 100, resolvedSince: since }))).toEqual([one1, two, done]);
    expect(await db.store.incidents({ limit: 1 })).toHaveLength(1);
  });

  test('one event is found by its number', async () => {
    const committed = await notify(newPool());
    const { id } = incidentOf(committed);
    expect(await db.store.event(id, 2)).toEqual(committed.events[1]);
    expect(await db.store.event(id, 999)).toBeUndefined();
  });
});

describe('messages', () => {
  const drawn = { channel: 'C1', ts: '1700000000.000100', digest: 'd1' };

  test('a message is remembered with the end of the effect that posted it, and found by its place and its time', async () => {
    const committed = await notify(newPool());
    const { id } = incidentOf(committed);
    const effect = committed.effects[0]?.id ?? '';
    expect(await db.store.message(id, 'parent')).toBeUndefined();
    await db.store.commit([], { effect, message: { incident: id, slot: 'parent', ...drawn } });
    expect(await db.store.message(id, 'parent')).toEqual(drawn);
    expect(await db.store.messageAt(drawn.channel, drawn.ts)).toEqual({ incident: id, slot: 'parent' });
    expect(await db.store.messageAt('C2', drawn.ts)).toBeUndefined();
    expect(await db.query('select status from effects where id = $1', [effect])).toEqual([
      { status: 'done' },
    ]);
  });

  test('a message that is drawn again replaces what was known of it', async () => {
    const { id } = incidentOf(await notify(newPool()));
    const message = { incident: id, slot: 'parent', ...drawn };
    await db.store.commit([], { effect: 'none', message });
    await db.store.commit([], { effect: 'none', message: { ...message, digest: 'd2' } });
    expect((await db.store.message(id, 'parent'))?.digest).toBe('d2');
  });
});

/** Waits until a connection of this database waits for a lock; 5 s at most. */
async function untilSomeoneWaits(): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    const waiting = await db.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (waiting.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('nobody came to wait for a lock');
}
