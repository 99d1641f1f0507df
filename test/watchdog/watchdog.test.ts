import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createMetrics } from '../../src/observe/metrics.ts';
import { createEvents } from '../../src/pagerduty/events.ts';
import { AGAIN_AFTER_MS, DOWN_FOR_MS, type Part, Watchdog } from '../../src/watchdog/watchdog.ts';
import { recordingLog } from '../intake/web.ts';
import { ROUTING_KEYS } from '../support/pagerduty/account.ts';
import { FAULT } from '../support/pagerduty/faults.ts';
import { startPagerDuty, type TestPagerDuty } from '../support/pagerduty/start.ts';

let pagerDuty: TestPagerDuty;
let clock = 0;
let trouble: string | undefined | Error;
let told: string[];
let marks: string[];
/** The alarms table, as all replicas see it. */
let on: Set<string>;
/** The ends that were told, as all replicas see them. */
let over: Set<string>;
let isStoreDown = false;
beforeAll(async () => {
  pagerDuty = await startPagerDuty();
});
afterAll(() => pagerDuty.stop());
beforeEach(() => {
  clock = 0;
  trouble = undefined;
  told = [];
  marks = [];
  on = new Set();
  over = new Set();
  // Each test has the same keys: what an earlier one has opened is over.
  for (const incident of pagerDuty.incidents) incident.status = 'resolved';
  isStoreDown = false;
  pagerDuty.faults.clear();
  (pagerDuty.pages as unknown[]).length = 0;
});

const PAGE = { routingKey: ROUTING_KEYS.L1, fallbackRoutingKey: ROUTING_KEYS.L2 };

function replica(part: Partial<Part> = {}, stale: readonly string[] = []) {
  const events = createEvents({ server: pagerDuty.server, ca: pagerDuty.ca, timeoutMs: 2_000 });
  const metrics = createMetrics();
  let due = async (): Promise<void> => undefined;
  let set = (): void => undefined;
  const watchdog = new Watchdog({
    parts: [
      {
        name: 'queue',
        page: PAGE,
        trouble: async () => {
          if (trouble instanceof Error) throw trouble;
          return trouble;
        },
        ...part,
      },
    ],
    installation: 'abc',
    send: (event) => events.send(event),
    tell: async (text, unagreed) => {
      told.push(text);
      if (unagreed !== undefined) marks.push(unagreed.mark);
    },
    alarms: () => ({
      raise: async (name) => {
        if (isStoreDown) throw new Error('the store is down');
        return !on.has(name) && on.add(name) !== undefined;
      },
      end: async (name) => {
        const isFirst = on.delete(name) || !over.has(name);
        over.add(name);
        return isFirst;
      },
      stale: async () => [...stale],
    }),
    timers: {
      now: () => new Date(clock),
      after: (_ms, work) => {
        due = () => {
          const next = new Promise<void>((resolve) => {
            set = resolve;
          });
          work();
          return next;
        };
        set();
        return () => undefined;
      },
    },
    random: () => 1,
    log: recordingLog().log,
    metrics,
  });
  return {
    metrics,
    look: () => watchdog.look(),
    start: () => watchdog.start(),
    /** The look that the timer was set for. */
    due: () => due(),
  };
}
const effects = () => pagerDuty.pages.map(({ action, effect }) => `${action} ${effect}`);

describe('a part that is down', () => {
  test('for a minute pages level 1 once, however many replicas see it, and is resolved when it is back', async () => {
    const [one, other] = [replica(), replica()];
    const look = async (ms: number) => {
      clock += ms;
      await one.look();
      await other.look();
    };
    trouble = 'down: ECONNREFUSED';
    await look(0);
    await look(DOWN_FOR_MS - 1);
    expect(effects()).toEqual([]);
    await look(1);
    await look(10_000);
    expect(effects()).toEqual(['trigger opened', 'trigger added']);
    expect(pagerDuty.pages[0]).toMatchObject({
      dedupKey: 'lifeguard-abc-queue',
      summary: 'Lifeguard itself: queue: down: ECONNREFUSED',
      severity: 'critical',
    });
    expect(told).toEqual([expect.stringContaining('Somebody has been paged')]);
    trouble = undefined;
    await look(5_000);
    expect(effects().filter((line) => line === 'resolve resolved')).toHaveLength(1);
    expect(told.at(-1)).toContain('queue is well again');
    expect(told).toHaveLength(2);
    expect(marks).toEqual([]);
    await look(DOWN_FOR_MS);
    expect(pagerDuty.pages.filter(({ action }) => action === 'trigger')).toHaveLength(2);
    expect(await one.metrics.render()).toContain('lifeguard_alarms_total{part="queue",outcome="over"} 1');
  });

  test('for less than a minute at a time pages nobody', async () => {
    const one = replica();
    for (let i = 0; i < 10; i += 1) {
      trouble = i % 2 === 0 ? 'down' : undefined;
      clock += DOWN_FOR_MS - 1;
      await one.look();
    }
    expect(effects()).toEqual([]);
  });

  test('and paged about is paged about again when another replica has ended it', async () => {
    const one = replica();
    trouble = 'down';
    await one.look();
    clock += DOWN_FOR_MS;
    await one.look();
    for (const incident of pagerDuty.incidents) incident.status = 'resolved';
    clock += AGAIN_AFTER_MS;
    await one.look();
    expect(effects()).toEqual(['trigger opened', 'trigger opened']);
    expect(told).toHaveLength(1);
    trouble = undefined;
    await one.look();
  });

  test('whose page PagerDuty does not take goes by the second key, else it is tried again', async () => {
    pagerDuty.faults.whenever(({ body }) =>
      body.includes(ROUTING_KEYS.L1) ? FAULT.serverError() : undefined,
    );
    const one = replica();
    trouble = 'down';
    await one.look();
    clock += DOWN_FOR_MS;
    await one.look();
    expect(pagerDuty.pages.map(({ routingKey }) => routingKey)).toEqual([ROUTING_KEYS.L2]);
    const alone = replica({ page: { routingKey: ROUTING_KEYS.L1 }, name: 'store' });
    await alone.look();
    clock += DOWN_FOR_MS;
    await alone.look();
    expect(told.at(-1)).toContain('has not gone out yet');
    pagerDuty.faults.clear();
    clock += 10_000;
    await alone.look();
    expect(told.at(-1)).toContain('store: the page has gone out now');
    expect(pagerDuty.pages.at(-1)).toMatchObject({
      routingKey: ROUTING_KEYS.L1,
      dedupKey: 'lifeguard-abc-store',
    });
  });

  test('whose page is not taken is tried ever more slowly, and not before the time PagerDuty names', async () => {
    const one = replica({ page: { routingKey: ROUTING_KEYS.L1 } });
    /** Looks every ten seconds, and gives the seconds at which PagerDuty was asked. */
    const asked = async (seconds: number): Promise<number[]> => {
      const begin = clock;
      const at: number[] = [];
      while (clock - begin < seconds * 1_000) {
        const before = pagerDuty.requests.length;
        await one.look();
        for (let i = before; i < pagerDuty.requests.length; i += 1) at.push((clock - begin) / 1_000);
        clock += 10_000;
      }
      return at;
    };
    trouble = 'down';
    pagerDuty.faults.whenever(() => FAULT.serverError());
    expect(await asked(300)).toEqual([60, 70, 90, 130, 190, 250]);
    pagerDuty.faults.whenever(() => FAULT.rateLimited('200'));
    expect(await asked(300)).toEqual([10, 210]);
    pagerDuty.faults.clear();
    expect(await asked(120)).toEqual([110]);
    expect(told.map((line) => line.slice(0, 18))).toEqual([':rotating_light: *', ':pager: *Lifeguard']);
    trouble = undefined;
    pagerDuty.faults.whenever(() => FAULT.rateLimited('35'));
    expect(await asked(30)).toEqual([0]);
    pagerDuty.faults.clear();
    expect(await asked(30)).toEqual([10]);
    expect(told.at(-1)).toContain('well again');
  });

  test('with a key that is refused is not tried again before five minutes have passed', async () => {
    const one = replica({ page: { routingKey: '0'.repeat(32) } });
    trouble = 'down';
    const before = pagerDuty.requests.length;
    for (let i = 0; i <= 36; i += 1) {
      await one.look();
      clock += 10_000;
    }
    expect(pagerDuty.requests.length - before).toBe(2);
  });

  test('is paged about by one key when it is the store, and that it is back is told by one replica', async () => {
    const [one, other] = [replica({ name: 'store' }), replica({ name: 'store' })];
    const look = () => Promise.all([one.look(), other.look()]);
    trouble = 'down';
    isStoreDown = true;
    await look();
    clock += DOWN_FOR_MS;
    await look();
    expect(effects().toSorted()).toEqual(['trigger added', 'trigger opened']);
    expect(new Set(pagerDuty.pages.map(({ dedupKey }) => dedupKey))).toEqual(
      new Set(['lifeguard-abc-store']),
    );
    // Nothing is there by which they could know of each other but what they say.
    expect(told).toHaveLength(2);
    expect(marks).toEqual(['lifeguard-abc-store', 'lifeguard-abc-store']);
    isStoreDown = false;
    trouble = undefined;
    await look();
    expect(told.filter((line) => line.includes('well again'))).toHaveLength(1);
  });

  test('before a pause of the whole process and after it has to stay down for a minute', async () => {
    const one = replica();
    one.start();
    trouble = 'down';
    const looks = async (count: number, everyMs = 10_000) => {
      for (let i = 0; i < count; i += 1) {
        clock += everyMs;
        await one.due();
      }
    };
    await looks(3);
    await looks(1, 60 * 60_000);
    await looks(5);
    expect(effects()).toEqual([]);
    await looks(1);
    expect(effects()).toEqual(['trigger opened']);
  });

  test('is not told in Slack when that is what is down, and without a key Slack alone is told', async () => {
    trouble = 'down';
    const slack = replica({ name: 'slack' });
    const { page: _none, ...unpaged } = { page: PAGE, name: 'pool orders' };
    const quiet = replica({ ...unpaged, page: undefined } as unknown as Partial<Part>);
    await slack.look();
    await quiet.look();
    clock += DOWN_FOR_MS;
    await slack.look();
    await quiet.look();
    expect(pagerDuty.pages.map(({ dedupKey }) => dedupKey)).toEqual(['lifeguard-abc-slack']);
    expect(told).toEqual([expect.stringContaining('Nobody is paged')]);
  });
});

test('what cannot be known is neither well nor down', async () => {
  const one = replica();
  trouble = 'down';
  await one.look();
  clock += DOWN_FOR_MS;
  await one.look();
  trouble = new Error('the store does not say');
  clock += DOWN_FOR_MS;
  await one.look();
  expect(effects()).toEqual(['trigger opened']);
});

test('an alarm that a dead replica has left behind is ended by another that sees the part well', async () => {
  on.add('queue');
  await replica({}, ['queue']).look();
  expect(pagerDuty.pages.map(({ action, dedupKey }) => `${action} ${dedupKey}`)).toContain(
    'resolve lifeguard-abc-queue',
  );
  expect(on.size).toBe(0);
});
