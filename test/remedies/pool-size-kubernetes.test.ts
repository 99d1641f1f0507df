import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { RaiseBy } from '../../src/config/types.ts';
import { type PoolFacts, previewOf, remedyFor } from '../../src/remedies/registry.ts';
import type { RemedyPlan } from '../../src/remedies/remedy.ts';
import { startKubernetes, type TestKubernetes } from '../support/kubernetes.ts';
import { setEnv } from './application.ts';
import { type House, planOf, startHouse } from './house.ts';

const NOW = new Date('2026-03-02T03:00:00.000Z');
const SIZE = 'SQLALCHEMY_POOL_SIZE';
const OVERFLOW = 'SQLALCHEMY_MAX_OVERFLOW';

let house: House;
let api: TestKubernetes;
beforeAll(async () => {
  house = await startHouse();
});
afterAll(() => house?.stop());
beforeEach(async () => {
  api = await startKubernetes();
  onTestFinished(() => api.stop());
  setEnv('KUBECONFIG', api.kubeconfig);
  given([
    { name: 'PORT', value: '80' },
    { name: SIZE, value: '4' },
    { name: OVERFLOW, value: '2' },
  ]);
});

type Env = { name: string; value?: string; valueFrom?: object }[];

/** The deployment's container has this environment. */
function given(env: Env, more: { name: string; image: string }[] = []): void {
  api.deployment.spec.template.spec.containers = [{ name: 'api', image: 'orders:1', env }, ...more];
}

function envNow(): Record<string, string | undefined> {
  const env = api.deployment.spec.template.spec.containers[0]?.env ?? [];
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

function poolOf(raiseBy: RaiseBy = { percent: 50 }, container?: string): PoolFacts {
  return {
    name: 'orders',
    poolSize: {
      kubernetes: {
        namespace: 'shop',
        deployment: 'orders',
        env: [SIZE, OVERFLOW],
        ...(container === undefined ? {} : { container }),
      },
      raiseBy,
      revertAfterMs: 1_800_000,
    },
  };
}

const preview = (pool = poolOf()) => previewOf(house.doctor, { action: 'pool_size' }, NOW, pool);

function remedyOf(plan: RemedyPlan) {
  const remedy = remedyFor(plan, poolOf());
  if (remedy?.undo === undefined) throw new Error('no remedy that can be undone');
  return { ...remedy, undo: remedy.undo };
}

test('says what changes, in how many pods, and what it can cost the server', async () => {
  const plan = planOf(await preview());
  expect(plan.target).toMatchObject({
    way: 'kubernetes',
    uid: 'uid-1',
    container: 'api',
    variables: [
      { name: SIZE, from: 4, to: 6 },
      { name: OVERFLOW, from: 2, to: 3 },
    ],
  });
  const facts = Object.fromEntries(plan.preview.facts.map(({ label, value }) => [label, value]));
  expect(facts['Changes']).toBe(`${SIZE} 4 → 6, ${OVERFLOW} 2 → 3`);
  expect(facts['Can open']).toMatch(/^6 more server connections; the server has \d+ free$/);
  expect(plan.preview.risks.join(' ')).toContain('Its pods restart one by one');
  expect(api.patches).toEqual([]);
});

test('raises them, and nothing else, once; and sets them back', async () => {
  const remedy = remedyOf(planOf(await preview()));
  expect(await remedy.recheck(house.doctor, NOW)).toBeUndefined();
  expect(await remedy.execute(house.doctor, false)).toMatchObject({ outcome: 'done' });
  expect(envNow()).toEqual({ PORT: '80', [SIZE]: '6', [OVERFLOW]: '3' });
  expect(await remedy.recheck(house.doctor, NOW)).toMatchObject({ outcome: 'nothing_to_do' });
  expect(await remedy.execute(house.doctor, false)).toMatchObject({ outcome: 'nothing_to_do' });
  expect(await remedy.execute(house.doctor, true)).toMatchObject({ outcome: 'done' });
  expect(api.patches).toHaveLength(1);
  expect(await remedy.undo(house.doctor, false)).toMatchObject({ outcome: 'done' });
  expect(envNow()).toEqual({ PORT: '80', [SIZE]: '4', [OVERFLOW]: '2' });
  expect(await remedy.undo(house.doctor, true)).toMatchObject({ outcome: 'done' });
  expect(api.patches).toHaveLength(2);
});

test('a size that someone else has set is left alone, also when it is set while we look', async () => {
  const remedy = remedyOf(planOf(await preview()));
  api.beforePatch = () => {
    api.beforePatch = undefined;
    given([{ name: SIZE, value: '9' }]);
    api.change({ replicas: 3 });
  };
  expect(await remedy.execute(house.doctor, false)).toMatchObject({ outcome: 'nothing_to_do' });
  expect(await remedy.undo(house.doctor, false)).toMatchObject({ outcome: 'nothing_to_do' });
  expect(envNow()[SIZE]).toBe('9');
  expect(api.patches).toEqual([]);
});

test('a patch whose answer was lost is found to have been taken', async () => {
  const remedy = remedyOf(planOf(await preview()));
  api.answerPatch = () => {
    api.answerPatch = undefined;
    return false;
  };
  expect(await remedy.execute(house.doctor, false)).toMatchObject({ outcome: 'done' });
  expect(api.patches).toHaveLength(1);
});

test('refused with its mend: no room, no right, no value, several containers, nothing set', async () => {
  const why = async (pool?: PoolFacts) => {
    const found = await preview(pool);
    return 'refused' in found ? found.refused : '';
  };
  expect(await why(poolOf({ connections: 50 }))).toMatch(
    /can open 200 more .*`max_connections` of the server/,
  );
  expect(await why(poolOf({ percent: 50 }, 'web'))).toContain('has no container web (it has api)');
  given([{ name: SIZE, value: '4' }], [{ name: 'proxy', image: 'proxy:1' }]);
  expect(await why()).toMatch(/several containers \(api, proxy\).*`pool_size.kubernetes.container`/);
  given([{ name: SIZE, valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } }]);
  expect(await why()).toContain(`${SIZE} of the deployment orders is not written there as a value`);
  given([{ name: OVERFLOW, value: '-1' }]);
  expect(await why()).toContain('is no number of connections');
  given([]);
  expect(await why()).toContain(`sets none of ${SIZE}, ${OVERFLOW}`);
  api.rights.delete('get');
  expect(await why()).toContain('(403)');
});

test('a cluster that does not allow it, or is away: it fails with its mend, and the undoing is tried again', async () => {
  const remedy = remedyOf(planOf(await preview()));
  api.rights.delete('patch');
  expect(await remedy.execute(house.doctor, false)).toMatchObject({
    outcome: 'failed',
    detail: expect.stringContaining('may not patch deployments'),
  });
  expect(envNow()[SIZE]).toBe('4');
  api.rights.add('patch');
  await remedy.execute(house.doctor, false);
  api.token = 'another';
  await expect(remedy.undo(house.doctor, false)).rejects.toThrow('401');
});

test('what was raised by another way is not touched by this one', async () => {
  const target = {
    kind: 'pool_size',
    way: 'pgbouncer',
    at: 'db:6432',
    from: 4,
    to: 6,
    revertAfterMs: 1,
  } as const;
  expect(
    await remedyFor({ action: 'pool_size', target }, poolOf())?.undo?.(house.doctor, false),
  ).toMatchObject({
    outcome: 'failed',
    detail: expect.stringContaining('`pool_size.pgbouncer` of the pool is no longer in lifeguard.yaml'),
  });
});
