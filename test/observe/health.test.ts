import { describe, expect, test } from 'vitest';
import { createHealth } from '../../src/observe/health.ts';

const never = () => new Promise<undefined>(() => undefined);

describe('readiness', () => {
  test('is given when every part is well', async () => {
    const health = createHealth({ checks: { store: async () => undefined }, timeoutMs: 1_000, now: () => 0 });
    expect(await health.ready()).toEqual({ ok: true, parts: { store: { ok: true, ms: 0 } } });
  });

  test('names each part that is not well, and why', async () => {
    const health = createHealth({
      checks: {
        store: () =>
          Promise.reject(Object.assign(new Error('connect to db for bot'), { code: 'ECONNREFUSED' })),
        queue: () => Promise.reject(new Error('redis://:pass@host does not answer')),
        slack: async () => 'not_authed',
        pool: async () => undefined,
      },
      timeoutMs: 1_000,
    });
    const { ok, parts } = await health.ready();
    expect(ok).toBe(false);
    expect(parts).toMatchObject({
      store: { ok: false, detail: 'ECONNREFUSED' },
      queue: { ok: false, detail: 'redis://:***@host does not answer' },
      slack: { ok: false, detail: 'not_authed' },
      pool: { ok: true },
    });
  });

  test('is given while only parts are down that are named besides', async () => {
    const orders = async () => 'the connection held for it is down: 57P01';
    const besides = { 'pool orders': orders, pagerduty: async () => undefined };
    const parts = { 'pool orders': { ok: false, detail: await orders() }, pagerduty: { ok: true } };
    const well = createHealth({ checks: { store: async () => undefined }, besides, timeoutMs: 1_000 });
    expect(await well.ready()).toMatchObject({ ok: true, parts: { ...parts, store: { ok: true } } });
    const ill = createHealth({ checks: { store: async () => 'down' }, besides, timeoutMs: 1_000 });
    expect(await ill.ready()).toMatchObject({ ok: false, parts });
  });

  test('is given without the parts that are excluded, which are named all the same', async () => {
    const checks = { store: async () => undefined, queue: async () => 'gone', slack: async () => 'gone' };
    const health = createHealth({ checks, timeoutMs: 1_000, now: () => 0 });
    const oks = await Promise.all(
      [[], ['slack'], ['slack', 'queue'], ['store', 'orders']].map((exclude) => health.ready(exclude)),
    );
    expect(oks.map(({ ok }) => ok)).toEqual([false, false, true, false]);
    expect(oks[2]?.parts).toMatchObject({ slack: { ok: false, detail: 'gone' } });
  });

  test('does not wait for a part that hangs, and asks it once until it answers', async () => {
    let asked = 0;
    let time = 0;
    const checks = {
      store: () => {
        asked += 1;
        return never();
      },
      queue: async () => undefined,
    };
    const health = createHealth({ checks, timeoutMs: 5, now: () => time });
    const { parts } = await health.ready();
    expect(parts).toMatchObject({
      store: { ok: false, detail: 'did not answer within 5 ms' },
      queue: { ok: true },
    });
    time += 10_000;
    await health.ready();
    expect(asked).toBe(1);
  });

  test('looks at all parts at the same time', async () => {
    let running = 0;
    const together = async () => {
      running += 1;
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      return running === 3 ? undefined : 'was alone';
    };
    const health = createHealth({ checks: { a: together, b: together, c: together }, timeoutMs: 1_000 });
    expect((await health.ready()).ok).toBe(true);
  });

  test('a storm of probes is answered by one look in half a second', async () => {
    let asked = 0;
    let time = 0;
    const check = async () => {
      asked += 1;
      return undefined;
    };
    const health = createHealth({ checks: { store: check }, timeoutMs: 1_000, now: () => time });
    await Promise.all(Array.from({ length: 1_000 }, () => health.ready()));
    time = 499;
    await health.ready();
    expect(asked).toBe(1);
    time = 500;
    await health.ready();
    expect(asked).toBe(2);
  });

  test('a check that throws at once counts as one that fails', async () => {
    const check = () => {
      throw new Error('broken');
    };
    const health = createHealth({ checks: { store: check }, timeoutMs: 1_000 });
    expect(await health.ready()).toMatchObject({ ok: false, parts: { store: { detail: 'broken' } } });
  });
});
