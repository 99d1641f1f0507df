import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Hopeless, Later } from '../../src/effects/handler.ts';
import { GIVE_UP_AFTER_MS, Runner } from '../../src/effects/runner.ts';
import type { Effect } from '../../src/incident/effects.ts';
import type { Incident } from '../../src/incident/state.ts';
import { ALICE, asking, MINUTE, only, RITA, SECOND } from '../incident/given.ts';
import { alertOf, byPool, post, type TestStore, testStore } from '../store/fixture.ts';
import { until } from './until.ts';
import { ordinary, testWorks, type Works } from './works.ts';

let db: TestStore;
let works: Works;
let incident: Incident;
let offered: string[];

beforeAll(async () => {
  db = await testStore({ connections: 20 });
});

afterAll(() => db.close());

/** Every test has an incident of its own, and nothing else is owed. */
beforeEach(async () => {
  await db.query(`update effects set status = 'done' where status = 'owed'`);
  offered = [];
  works = await testWorks(db, { dispatched: offered });
  incident = await works.fire();
  return () => works.stop();
});

/** Runs all that is due, as often as it takes until nothing is. */
async function runAllDue(): Promise<void> {
  for (let owed = await db.outbox.owed(100); owed.length > 0; owed = await db.outbox.owed(100)) {
    await Promise.all(owed.map(({ id }) => works.runner.run(id)));
  }
}

async function effectOf(kind: Effect['kind']): Promise<string> {
  const [row] = await db.query<{ id: string }>(
    'select id from effects where incident = $1 and kind = $2 order by n limit 1',
    [incident.id, kind],
  );
  return row?.id ?? '';
}

async function stateOf(id: string) {
  const [row] = await db.query<{ status: string; attempts: number; error: string | null; inMs: number }>(
    `select status, attempts, error,
            extract(epoch from due - clock_timestamp() - $2 * interval '1 ms')::float8 * 1000 as "inMs"
       from effects where id = $1`,
    [id, db.store.skewMs],
  );
  if (row === undefined) throw new Error(`there is no effect ${id}`);
  return row;
}

async function eventsOf() {
  return db.store.events(incident.id);
}

describe('an effect that succeeds', () => {
  test('is handed over once, and what came of it is committed with its end', async () => {
    const id = await effectOf('check.step');
    await works.runner.run(id);
    expect(works.handed.map((effect) => effect.id)).toEqual([id]);
    expect(await stateOf(id)).toMatchObject({ status: 'done', attempts: 1 });
    expect(only(await eventsOf(), 'StepFinished')).toHaveLength(1);
    await works.runner.run(id);
    expect(works.handed).toHaveLength(1);
  });

  test('of a commit: every one that is due is handed over, each once; timers wait', async () => {
    await runAllDue();
    const ids = works.handed.map((effect) => effect.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(await works.count(incident.id)).toMatchObject({ owed: 3, dead: 0 });
    const kinds = new Set(works.handed.map((effect) => effect.kind));
    expect(kinds).toEqual(new Set(['slack.message', 'check.step', 'pagerduty.event']));
    const types = (await eventsOf()).map((event) => event.type);
    expect(types).toEqual(expect.arrayContaining(['ThreadOpened', 'StepFinished', 'Paged']));
    expect(works.errors).toEqual([]);
  });

  test('leaves its message behind', async () => {
    await works.runner.run(await effectOf('slack.message'));
    expect(await db.store.message(incident.id, 'parent')).toMatchObject({ channel: 'C1' });
  });

  test('that leads to no command simply ends', async () => {
    works.act = () => ({});
    const id = await effectOf('check.step');
    await works.runner.run(id);
    expect((await stateOf(id)).status).toBe('done');
  });

  test('when there is none of that id, nothing happens', async () => {
    await works.runner.run('no-such-effect');
    expect(works.handed).toEqual([]);
    expect(works.errors).toEqual([]);
  });
});

describe('a lane', () => {
  test('is run through in the order of its commits by whoever runs its first', async () => {
    await runAllDue();
    works.handed.length = 0;
    works.ends.length = 0;
    await works.tell(incident.id, { type: 'Acknowledge', by: RITA });
    await works.tell(incident.id, { type: 'RunStep', by: RITA, step: 2 });
    await works.tell(incident.id, { type: 'Escalate', by: RITA });
    const lane = `slack.${incident.id}`;
    const first = await db.outbox.firstOf(lane);
    await works.runner.run(first ?? '');
    const slots = works.handed.map((effect) =>
      effect.kind === 'slack.message' ? effect.payload.slot : effect.kind,
    );
    // The first drawing of the parent is overtaken by the second.
    expect(slots.slice(0, 2)).toEqual([expect.stringMatching(/^note-/), 'step-2']);
    expect(slots.filter((slot) => slot === 'parent')).toHaveLength(1);
    expect(works.ends.filter((one) => one.end === 'superseded')).toHaveLength(1);
  });

  test('is never worked at by two at once, however many try', async () => {
    await runAllDue();
    for (const act of ['a', 'b', 'c', 'd', 'e', 'f']) {
      await works.tell(incident.id, { type: 'RecordDeadEffect', effect: act, kind: 'timer', detail: act });
    }
    works.handed.length = 0;
    let atOnce = 0;
    let most = 0;
    works.act = async (effect) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise((resolve) => setTimeout(resolve, 3));
      atOnce -= 1;
      return ordinary(effect);
    };
    const rows = await db.query<{ id: string }>(
      `select id from effects where status = 'owed' and lane is not null`,
    );
    await Promise.all(rows.concat(rows).map((row) => works.runner.run(row.id)));
    await runAllDue();
    expect(most).toBe(1);
    const drawn = works.handed.map((effect) => (effect.kind === 'slack.message' ? effect.payload.slot : ''));
    expect(drawn).toEqual(drawn.toSorted((a, b) => Number(a.slice(5)) - Number(b.slice(5))));
    expect(drawn).toHaveLength(6);
  });

  test('is held up by an effect that is put off, and goes on after it', async () => {
    await runAllDue();
    await works.tell(incident.id, { type: 'RecordDeadEffect', effect: 'a', kind: 'timer', detail: 'a' });
    await works.tell(incident.id, { type: 'RecordDeadEffect', effect: 'b', kind: 'timer', detail: 'b' });
    works.handed.length = 0;
    works.act = () => {
      throw new Later('not now', { afterMs: 10 * SECOND });
    };
    await runAllDue();
    expect(works.handed).toHaveLength(1);
    works.act = ordinary;
    db.pass(10 * SECOND);
    await runAllDue();
    expect(works.handed.map((effect) => effect.attempt)).toEqual([1, 2, 1]);
  });
});

describe('an effect that fails', () => {
  test('is tried again after the time that the outside system named', async () => {
    const id = await effectOf('check.step');
    works.act = () => {
      throw new Later('429 Too Many Requests', { afterMs: 7 * SECOND });
    };
    await works.runner.run(id);
    const state = await stateOf(id);
    expect(state).toMatchObject({ status: 'owed', attempts: 1, error: '429 Too Many Requests' });
    expect(state.inMs).toBeGreaterThan(4 * SECOND);
    expect(state.inMs).toBeLessThanOrEqual(7 * SECOND);
    expect(works.ends).toMatchObject([{ end: 'later', error: { message: '429 Too Many Requests' } }]);

    works.act = ordinary;
    await works.runner.run(id);
    expect(works.handed).toHaveLength(1);
    db.pass(7 * SECOND);
    await works.runner.run(id);
    expect(works.handed.map((effect) => effect.attempt)).toEqual([1, 2]);
    expect((await stateOf(id)).status).toBe('done');
  });

  test('with any other error is tried again too, each time later, never more than half a minute', async () => {
    const id = await effectOf('check.step');
    works.act = () => {
      throw new Error('socket hang up');
    };
    const waits: number[] = [];
    for (let tries = 0; tries < 9; tries += 1) {
      await works.runner.run(id);
      waits.push((await stateOf(id)).inMs);
      db.pass(30 * SECOND);
    }
    expect(waits[0]).toBeLessThanOrEqual(500);
    expect(Math.max(...waits)).toBeLessThanOrEqual(30 * SECOND);
    expect(waits[8]).toBeGreaterThan(10 * SECOND);
    expect((await stateOf(id)).attempts).toBe(9);
  });

  test('can say something worth recording about the failed try', async () => {
    const id = await effectOf('pagerduty.event');
    works.act = () => {
      const command = { type: 'RecordPageFailure', level: 1, detail: '503', final: false } as const;
      throw new Later('503', { afterMs: 1_000, command });
    };
    await works.runner.run(id);
    expect(only(await eventsOf(), 'PageFailed')).toMatchObject([{ level: 1, final: false }]);
    expect((await stateOf(id)).status).toBe('owed');
  });

  test('for good is dead, visible, and on the timeline', async () => {
    const id = await effectOf('check.step');
    works.act = () => {
      throw new Hopeless('400 Bad Request');
    };
    await works.runner.run(id);
    expect(await stateOf(id)).toMatchObject({ status: 'dead', error: '400 Bad Request' });
    expect(only(await eventsOf(), 'EffectDied')).toMatchObject([
      { effect: id, kind: 'check.step', detail: '400 Bad Request' },
    ]);
    expect((await db.outbox.dead(1))[0]).toMatchObject({ id, error: '400 Bad Request' });
    expect(works.ends).toMatchObject([{ end: 'dead' }]);
  });

  test('for good can tell the incident in words of its own', async () => {
    const id = await effectOf('pagerduty.event');
    works.act = () => {
      const command = {
        type: 'RecordPageFailure',
        level: 1,
        detail: 'bad routing key',
        final: true,
      } as const;
      throw new Hopeless('400', { command });
    };
    await works.runner.run(id);
    expect((await stateOf(id)).status).toBe('dead');
    expect(only(await eventsOf(), 'PageFailed')).toMatchObject([{ final: true }]);
    expect(only(await eventsOf(), 'EffectDied')).toEqual([]);
  });

  test('for a whole day is given up, not a moment before', async () => {
    const id = await effectOf('check.step');
    works.act = () => {
      throw new Later('still down', { afterMs: 0 });
    };
    db.pass(GIVE_UP_AFTER_MS - MINUTE);
    await works.runner.run(id);
    expect((await stateOf(id)).status).toBe('owed');
    db.pass(MINUTE);
    await works.runner.run(id);
    expect((await stateOf(id)).status).toBe('dead');
    expect(only(await eventsOf(), 'EffectDied')).toHaveLength(1);
  });

  test('for good ends the remedy that hung on it: the request is over and can be asked for again', async () => {
    await works.tell(incident.id, asking(RITA));
    await works.tell(incident.id, { type: 'Approve', by: ALICE, request: 'r1' });
    works.act = (effect) => {
      if (effect.kind === 'remedy.execute') throw new Hopeless('not a target of this remedy');
      return ordinary(effect);
    };
    const id = await effectOf('remedy.execute');
    await works.runner.run(id);
    expect((await stateOf(id)).status).toBe('dead');
    expect(only(await eventsOf(), 'EffectDied')).toMatchObject([{ effect: id, kind: 'remedy.execute' }]);
    expect(only(await eventsOf(), 'RemedyEnded')).toMatchObject([
      {
        request: 'r1',
        outcome: 'failed',
        detail: 'given up before it began (not a target of this remedy); nothing was done',
      },
    ]);
    await works.tell(incident.id, asking(RITA));
    expect(only(await eventsOf(), 'RemedyRequested')).toHaveLength(2);
  });

  test('to be drawn where nothing can be drawn ends there: no message about a message', async () => {
    await runAllDue();
    works.act = () => {
      throw new Hopeless('is_archived');
    };
    await works.tell(incident.id, { type: 'Acknowledge', by: RITA });
    await runAllDue();
    expect(works.errors).toEqual([]);
    expect((await works.count(incident.id)).owed).toBe(3);
  });
});

describe('a run that the store does not let come to an end', () => {
  const LOST = new Error('Connection terminated unexpectedly');

  test('is given back when the store is there again, and tried soon', async () => {
    const id = await effectOf('check.step');
    vi.spyOn(works.loop, 'submit').mockRejectedValueOnce(LOST);
    await works.runner.run(id);
    expect(works.errors).toEqual([LOST]);
    expect((await db.outbox.owed(100)).map((one) => one.id)).not.toContain(id);

    await works.runner.giveBack();
    const state = await stateOf(id);
    expect(state).toMatchObject({ status: 'owed', attempts: 1, error: LOST.message });
    expect(state.inMs).toBeLessThanOrEqual(500);
    db.pass(500);
    expect((await db.outbox.owed(100)).map((one) => one.id)).toContain(id);
    await works.runner.run(id);
    expect(await stateOf(id)).toMatchObject({ status: 'done', attempts: 2 });
  });

  test('so is a claim whose answer was lost, and nothing is run before it is', async () => {
    const id = await effectOf('check.step');
    const claim = db.outbox.claim.bind(db.outbox);
    const losing = vi.spyOn(db.outbox, 'claim').mockImplementationOnce(async (...args) => {
      await claim(...args);
      throw LOST;
    });
    await works.runner.run(id);
    await works.runner.run(id);
    expect(losing).toHaveBeenCalledTimes(1);
    await works.runner.giveBack();
    db.pass(500);
    await works.runner.run(id);
    expect(works.handed).toMatchObject([{ id, attempt: 2 }]);
    expect((await stateOf(id)).status).toBe('done');
  });

  test('what was never claimed is run at once', async () => {
    const id = await effectOf('check.step');
    vi.spyOn(db.outbox, 'claim').mockRejectedValueOnce(LOST);
    await works.runner.run(id);
    await works.runner.giveBack();
    await until('it is done', async () => (await stateOf(id)).status === 'done');
  });

  test('what another has taken over meanwhile is left to it', async () => {
    const id = await effectOf('check.step');
    vi.spyOn(works.loop, 'submit').mockRejectedValueOnce(LOST);
    await works.runner.run(id);
    await db.query(`update effects set claimed_by = 'runner-2' where id = $1`, [id]);
    await works.runner.giveBack();
    expect(await stateOf(id)).toMatchObject({ status: 'owed', error: null });
    expect((await db.outbox.owed(100)).map((one) => one.id)).not.toContain(id);
  });

  test('is kept until the store answers', async () => {
    const id = await effectOf('check.step');
    vi.spyOn(works.loop, 'submit').mockRejectedValueOnce(LOST);
    await works.runner.run(id);
    vi.spyOn(db.outbox, 'giveBack').mockRejectedValueOnce(LOST);
    await works.runner.giveBack();
    await works.runner.giveBack();
    expect(await stateOf(id)).toMatchObject({ status: 'owed', error: LOST.message });
  });
});

describe('clocks', () => {
  /** The process's own clock is off by so much; the store's is not. */
  function off(ms: number): void {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
  }
  afterEach(() => void vi.useRealTimers());

  test.each([
    ['ahead', 40 * SECOND],
    ['behind', -40 * SECOND],
  ])('of a replica that are %s decide nothing: levels are due by the store’s clock', async (_how, ms) => {
    await runAllDue();
    const levels = async () => only(await eventsOf(), 'LevelReached').map(({ level }) => level);
    off(ms);
    db.pass(5 * MINUTE - 20 * SECOND);
    await runAllDue();
    expect(await levels()).toEqual([1]);
    db.pass(20 * SECOND);
    await runAllDue();
    expect(await levels()).toEqual([1, 2]);
    expect(only(await eventsOf(), 'LevelReached')[1]?.lateMs ?? 0).toBeLessThan(10 * SECOND);
  });
});

describe('a process that stood still', () => {
  test('past its lease in the middle of its work ends nothing that another has ended, and says nothing twice', async () => {
    const id = await effectOf('check.step');
    let wake = (): void => undefined;
    const still = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const other = await testWorks(db, { dispatched: [], name: 'runner-2' });
    works.act = async (effect) => {
      await still;
      return ordinary(effect);
    };
    const run = works.runner.run(id);
    await until('it is claimed', async () => (await stateOf(id)).attempts === 1);
    await db.query(`update effects set claimed_until = clock_timestamp() - interval '1 ms' where id = $1`, [
      id,
    ]);
    await other.runner.run(id);
    const before = await eventsOf();
    wake();
    await run;
    expect([works.handed.length, other.handed.length]).toEqual([1, 1]);
    expect(await eventsOf()).toEqual(before);
    expect(only(before, 'StepFinished')).toHaveLength(1);
    expect((await stateOf(id)).status).toBe('done');
    expect(works.errors).toEqual([]);
    await other.stop();
  });
});

describe('a process that dies', () => {
  test('after its claim: the effect runs again when the lease has run out', async () => {
    const id = await effectOf('check.step');
    await db.outbox.claim(id, 'the one that died');
    await works.runner.run(id);
    expect(works.handed).toEqual([]);
    await db.query(`update effects set claimed_until = clock_timestamp() - interval '1 ms' where id = $1`, [
      id,
    ]);
    await works.runner.run(id);
    expect(works.handed.map((effect) => effect.attempt)).toEqual([2]);
    expect(only(await eventsOf(), 'StepFinished')).toHaveLength(1);
  });

  test('after its work and before its commit: it runs twice, and happens once', async () => {
    const id = await effectOf('check.step');
    const lost = new Runner({
      outbox: db.outbox,
      loop: works.loop,
      handlers: {
        'slack.message': never,
        'check.step': never,
        'slack.file': never,
        'remedy.execute': never,
        'remedy.verify': never,
        'remedy.undo': never,
        'pagerduty.event': never,
        'pagerduty.note': never,
        'pagerduty.assign': never,
        timer: never,
      },
      name: 'lost',
      now: () => db.store.now(),
    });
    void lost.run(id);
    await until('it is claimed', async () => (await stateOf(id)).attempts === 1);
    await db.query(`update effects set claimed_until = clock_timestamp() - interval '1 ms' where id = $1`, [
      id,
    ]);
    await works.runner.run(id);
    await works.tell(incident.id, {
      type: 'RecordStep',
      step: 2,
      run: 1,
      ok: true,
      ms: 1,
      findings: { headline: '', lines: [] },
    });
    expect(only(await eventsOf(), 'StepFinished')).toHaveLength(1);
  });

  test('what was claimed as it was committed is handed over with what it was committed with', async () => {
    const id = await db.store.nextIncidentId();
    const alerts = [alertOf('f1', new Date())];
    const pool = `claimed-${process.pid}`;
    const command = { type: 'ReceiveAlerts', id, alerts, source: 'test' } as const;
    const [committed] = await db.store.commit([post(byPool(pool), command)], undefined, 'runner-1');
    if (committed?.claimed === undefined) throw new Error('nothing was claimed');
    await works.runner.runClaimed(committed.claimed);
    const [first, ...rest] = works.handed;
    expect(first).toEqual(committed.claimed.effect);
    // Its lane goes on behind it, without its being run again.
    expect(rest.map((effect) => effect.id)).not.toContain(first?.id);
    expect(works.ends.every(({ end }) => end === 'done' || end === 'superseded')).toBe(true);
    expect(await stateOf(first?.id ?? '')).toMatchObject({ status: 'done', attempts: 1 });
  });

  test('a claim is kept alive for as long as its handler works', async () => {
    const id = await effectOf('check.step');
    let finish: (() => void) | undefined;
    works.act = (effect) =>
      new Promise((resolve) => {
        finish = () => resolve(ordinary(effect));
      });
    const running = works.runner.run(id);
    await until('the handler works', () => finish !== undefined);
    await db.query(`update effects set claimed_until = clock_timestamp() + interval '1 ms' where id = $1`, [
      id,
    ]);
    await db.outbox.renew([id], 'runner-1');
    expect(await db.outbox.claim(id, 'another')).toBeUndefined();
    finish?.();
    await running;
  });
});

describe('stopping', () => {
  test('waits for what runs and takes up nothing more of its lane', async () => {
    await runAllDue();
    await works.tell(incident.id, { type: 'RecordDeadEffect', effect: 'a', kind: 'timer', detail: 'a' });
    await works.tell(incident.id, { type: 'RecordDeadEffect', effect: 'b', kind: 'timer', detail: 'b' });
    works.handed.length = 0;
    works.act = async (effect) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return ordinary(effect);
    };
    const first = await db.outbox.firstOf(`slack.${incident.id}`);
    const running = works.runner.run(first ?? '');
    await until('the handler works', () => works.handed.length === 1);
    await works.runner.stop();
    expect((await stateOf(first ?? '')).status).toBe('done');
    await running;
    expect(works.handed).toHaveLength(1);
    await works.runner.run(await effectOf('timer'));
    expect(works.handed).toHaveLength(1);
  });
});

describe('a store that is away', () => {
  test('is reported, and the run does not throw', async () => {
    const errors: string[] = [];
    const runner = new Runner({
      outbox: Object.assign(Object.create(db.outbox), {
        claim: async () => {
          throw new Error('the store is down');
        },
      }),
      loop: works.loop,
      handlers: {
        'slack.message': never,
        'check.step': never,
        'slack.file': never,
        'remedy.execute': never,
        'remedy.verify': never,
        'remedy.undo': never,
        'pagerduty.event': never,
        'pagerduty.note': never,
        'pagerduty.assign': never,
        timer: never,
      },
      name: 'x',
      now: () => db.store.now(),
      onError: (error) => void errors.push(error.message),
    });
    await expect(runner.run('any')).resolves.toBeUndefined();
    expect(errors).toEqual(['the store is down']);
  });
});

/** A handler of a process that is never heard of again. */
async function never(): Promise<never> {
  return new Promise(() => undefined);
}
