import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { TimeoutSetting } from '../../src/incident/remedy.ts';
import type { Lifeline } from '../../src/pool/lifeline.ts';
import { previewOf, remedyFor } from '../../src/remedies/registry.ts';
import type { RemedyPlan } from '../../src/remedies/remedy.ts';
import { timeoutValue } from '../../src/remedies/timeout.ts';
import { makeRole } from '../pool/crowd.ts';
import { makeLeastRole } from '../support/least-role.ts';
import { type House, planOf, startHouse } from './house.ts';

const NOW = new Date('2026-03-02T03:00:00.000Z');

let house: House;
let keeper: Lifeline;
beforeAll(async () => {
  house = await startHouse();
  await makeLeastRole(await house.server.admin(), 'keeper');
  await sql('alter role keeper createrole; grant app to keeper with admin true, inherit false, set false');
  keeper = await house.lifelineAs(house.server.urlFor({ user: 'keeper', password: 'pw' }));
  await house.app('shop');
  await house.app('shop');
});
afterAll(() => house?.stop());
beforeEach(() => sql('alter role app in database lifeguard reset all; alter role app reset all'));

async function sql(text: string): Promise<void> {
  await (await house.server.admin()).query(text);
}

/** What a new session of the application gets. */
async function inForce(setting: TimeoutSetting): Promise<string> {
  const client = await house.app('newcomer');
  const { rows } = await client.query(`show ${setting}`);
  await client.end();
  return rows[0]?.[setting];
}

const preview = (lifeline: Lifeline, setting: TimeoutSetting = 'statement_timeout', value?: string) =>
  previewOf(lifeline, { action: 'timeout', setting, ...(value === undefined ? {} : { value }) }, NOW, {
    name: 'orders',
    application: 'shop',
  });

function remedyOf(plan: RemedyPlan) {
  const remedy = remedyFor(plan);
  if (remedy?.undo === undefined) throw new Error('no remedy that can be undone');
  return { ...remedy, undo: remedy.undo };
}

test('says whom it concerns, from when on, what was set before, and the statement', async () => {
  const plan = planOf(await preview(keeper));
  expect(plan).toMatchObject({
    action: 'timeout',
    target: {
      kind: 'timeout',
      setting: 'statement_timeout',
      role: 'app',
      database: 'lifeguard',
      from: null,
      to: '30s',
    },
    preview: {
      title: 'Set statement_timeout to 30s for role app',
      query: `alter role "app" in database "lifeguard" set statement_timeout = '30s';`,
    },
  });
  const facts = Object.fromEntries(plan.preview.facts.map(({ label, value }) => [label, value]));
  expect(facts['Concerns']).toMatch(/^\d+ sessions now, of shop.*, once they connect anew$/);
  expect(facts['Until now']).toBe('not set for it; never, by its role, database or server');
  expect(plan.preview.risks.join(' ')).toContain('it frees nothing by itself');
  expect(await inForce('statement_timeout')).toBe('0');
});

test('new sessions get it, and once it is undone what was there before', async () => {
  await sql(`alter role app set statement_timeout = '2min'`);
  const plan = planOf(await preview(keeper));
  expect(JSON.stringify(plan.preview.facts)).toContain('not set for it; 2min,');
  const remedy = remedyOf(plan);
  expect(await remedy.recheck(keeper, NOW)).toBeUndefined();
  expect(await remedy.execute(keeper, false)).toMatchObject({ outcome: 'done' });
  expect(await inForce('statement_timeout')).toBe('30s');
  expect(await remedy.execute(keeper, false)).toMatchObject({ outcome: 'nothing_to_do' });
  expect(await remedy.execute(keeper, true)).toMatchObject({ outcome: 'done' });
  expect(await remedy.undo(keeper, false)).toMatchObject({ outcome: 'done' });
  expect(await inForce('statement_timeout')).toBe('2min');
  expect(await remedy.undo(keeper, false)).toMatchObject({ outcome: 'nothing_to_do' });
  expect(await remedy.undo(keeper, true)).toMatchObject({ outcome: 'done' });
});

test('a value that was set there comes back as it was', async () => {
  await sql(`alter role app in database lifeguard set idle_in_transaction_session_timeout = '300 s'`);
  const remedy = remedyOf(planOf(await preview(keeper, 'idle_in_transaction_session_timeout', '45s')));
  expect(await remedy.execute(keeper, false)).toMatchObject({ outcome: 'done' });
  expect(await inForce('idle_in_transaction_session_timeout')).toBe('45s');
  expect(await remedy.undo(keeper, false)).toMatchObject({
    outcome: 'done',
    detail: expect.stringContaining('is 300 s again'),
  });
  expect(await inForce('idle_in_transaction_session_timeout')).toBe('5min');
});

test('what someone has set meanwhile is left alone, before and after', async () => {
  const remedy = remedyOf(planOf(await preview(keeper)));
  await sql(`alter role app in database lifeguard set statement_timeout = '7s'`);
  expect(await remedy.recheck(keeper, NOW)).toMatchObject({ outcome: 'nothing_to_do' });
  for (const again of [false, true]) {
    expect(await remedy.execute(keeper, again)).toMatchObject({
      outcome: 'nothing_to_do',
      detail: expect.stringContaining('has set it to 7s since'),
    });
  }
  expect(await remedy.undo(keeper, false)).toMatchObject({ outcome: 'nothing_to_do' });
  expect(await inForce('statement_timeout')).toBe('7s');
  await sql('alter role app in database lifeguard reset statement_timeout');
  expect(await remedy.execute(keeper, false)).toMatchObject({ outcome: 'done' });
});

test('a role that may not is refused with the statement that mends it, and it does', async () => {
  const why = expect.stringContaining(
    '`alter role "doctor" createrole; grant "app" to "doctor" with admin true, inherit false, set false;`',
  );
  expect(await preview(house.doctor)).toEqual({ refused: why, protected: true });
  const forced = remedyOf(planOf(await preview(keeper)));
  expect(await forced.execute(house.doctor, false)).toMatchObject({ outcome: 'refused', detail: why });
  expect(await inForce('statement_timeout')).toBe('0');
  const helper = await house.lifelineAs(await makeRole(house.server, 'helper', ['pg_monitor']));
  expect(await preview(helper)).toMatchObject({ protected: true });
  await sql(
    'alter role "helper" createrole; grant "app" to "helper" with admin true, inherit false, set false;',
  );
  expect(planOf(await preview(helper)).action).toBe('timeout');
});

test('the application’s role is not guessed where no session of it is there', async () => {
  expect(
    await previewOf(keeper, { action: 'timeout', setting: 'statement_timeout' }, NOW, {
      name: 'orders',
      application: 'nobody',
    }),
  ).toMatchObject({ refused: expect.stringContaining('set `application`') });
});

test('one that is set already has nothing to be set', async () => {
  await sql(`alter role app in database lifeguard set statement_timeout = '30s'`);
  expect(await preview(keeper)).toMatchObject({ refused: expect.stringContaining('is 30s already') });
});

test('a role that is gone has nothing to be undone', async () => {
  const target = {
    kind: 'timeout',
    setting: 'statement_timeout',
    role: 'gone',
    database: 'lifeguard',
    from: null,
    to: '30s',
  } as const;
  expect(await remedyFor({ action: 'timeout', target })?.undo?.(keeper, false)).toMatchObject({
    outcome: 'nothing_to_do',
    detail: expect.stringContaining('no role gone'),
  });
});

test('a time is read as people write it; none that is never, and none that PostgreSQL cannot take', () => {
  expect(timeoutValue('30s')).toBe('30s');
  expect(timeoutValue('5m')).toBe('5min');
  expect(timeoutValue('05min')).toBe('5min');
  expect(timeoutValue('2h')).toBe('2h');
  for (const text of ['0s', '30', 's', '-5s', '30x', "1s'; drop", '25d', '2147483648ms', '']) {
    expect(timeoutValue(text)).toBeUndefined();
  }
});
