import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { startKubernetes, type TestKubernetes } from '../support/kubernetes.ts';
import { poolRestartedBy, restarting, setEnv } from './application.ts';
import { type House, startHouse } from './house.ts';

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
});

const orders = (deployment = 'orders') =>
  restarting(house, poolRestartedBy({ kubernetes: { namespace: 'shop', deployment } }));

const annotations = () => api.deployment.spec.template.metadata.annotations ?? {};

test('shows the deployment and restarts it once, as kubectl does', async () => {
  const { plan, remedy } = orders();
  const asked = await plan();
  expect(asked.target).toMatchObject({ way: 'kubernetes', uid: 'uid-1', deployment: 'orders' });
  expect(Object.fromEntries(asked.preview.facts.map(({ label, value }) => [label, value]))).toMatchObject({
    Deployment: 'shop/orders',
    Replicas: '2, 2 ready',
    Generation: '3',
    How: 'pod by pod',
  });
  expect(await remedy(asked).recheck()).toBeUndefined();
  expect(await remedy(asked).execute()).toMatchObject({
    outcome: 'done',
    detail: 'the deployment orders restarts pod by pod',
  });
  expect(annotations()['kubectl.kubernetes.io/restartedAt']).toMatch(/^\d{4}-\d\d-\d\dT/);
  expect(api.deployment.metadata.generation).toBe(4);
  expect(api.deployment.spec.template.spec.containers).toEqual([{ name: 'api', image: 'orders:1' }]);

  expect(await remedy(asked).execute(true)).toMatchObject({
    outcome: 'done',
    detail: expect.stringContaining('did nothing a second time'),
  });
  expect(api.patches).toHaveLength(1);
});

test('a patch whose answer was lost is found, and not done again', async () => {
  const { plan, remedy } = orders();
  const asked = await plan();
  api.answerPatch = () => false;
  expect(await remedy(asked).execute()).toMatchObject({
    outcome: 'failed',
    detail: expect.stringContaining('Kubernetes did not answer'),
  });
  api.answerPatch = undefined;
  expect(await remedy(asked).execute(true)).toMatchObject({ outcome: 'done' });
  expect(api.patches).toHaveLength(1);
});

test('one that was rolled out since is left alone; one that was only scaled is not', async () => {
  const { plan, remedy } = orders();
  const before = await plan();
  api.change({ replicas: 5 });
  expect(await remedy(before).recheck()).toBeUndefined();
  api.change({ image: 'orders:2' });
  expect(await remedy(before).recheck()).toMatchObject({ outcome: 'nothing_to_do' });
  for (const again of [false, true])
    expect(await remedy(before).execute(again)).toMatchObject({
      outcome: 'nothing_to_do',
      detail: 'the deployment orders has changed since it was shown; nothing was done',
    });
  expect(api.patches).toEqual([]);
});

test('a change between the look and the patch is seen: scaled is done, rolled out is left alone', async () => {
  const { plan, remedy } = orders();
  const once = (how: Parameters<TestKubernetes['change']>[0]) => {
    api.beforePatch = () => {
      api.beforePatch = undefined;
      api.change(how);
    };
  };
  const first = await plan();
  once({ replicas: 4 });
  expect(await remedy(first).execute()).toMatchObject({ outcome: 'done' });
  expect(api.deployment.spec.replicas).toBe(4);
  const second = await plan();
  once({ image: 'orders:3' });
  expect(await remedy(second).execute()).toMatchObject({ outcome: 'nothing_to_do' });
  expect(api.patches).toHaveLength(1);
});

test('what it risks is said: a single replica, all at once, not ready', async () => {
  api.deployment.spec.replicas = 1;
  api.deployment.status.readyReplicas = 0;
  expect((await orders().plan()).preview.risks.join(' ')).toMatch(
    /only one replica.*Only 0 of 1 replicas are ready/,
  );
  api.deployment.spec.strategy.type = 'Recreate';
  expect((await orders().plan()).preview.risks.join(' ')).toContain('All its pods stop');
});

const MENDS: readonly (readonly [string, () => void, RegExp])[] = [
  [
    'paused',
    () => {
      api.deployment.spec.paused = true;
    },
    /is paused.*mend: run: kubectl rollout resume/,
  ],
  ['scaled to nothing', () => api.change({ replicas: 0 }), /has no replicas.*mend: scale it up/],
  [
    'not readable',
    () => api.rights.delete('get'),
    /may not get deployments in the namespace shop \(403\); mend: let its service account get and patch/,
  ],
  [
    'an unknown token',
    () => {
      api.token = 'other';
    },
    /does not know who Lifeguard is \(401\); mend: renew the token/,
  ],
  [
    'no kubeconfig',
    () => setEnv('KUBECONFIG', '/nowhere/config'),
    /access to Kubernetes cannot be read: ENOENT; mend: check KUBECONFIG/,
  ],
];

test.each(MENDS)('%s: one line with the mend', async (_what, given, line) => {
  given();
  expect(await orders().preview()).toMatchObject({ refused: expect.stringMatching(line), protected: true });
});

test('no deployment of that name: one line with the key to correct', async () => {
  expect(await orders('nope').preview()).toEqual({
    refused:
      'Not possible: Kubernetes knows no deployment nope in the namespace shop; mend: correct restart.kubernetes in lifeguard.yaml.',
    protected: true,
  });
});

test('readable and not changeable: it fails with the right that is missing, and nothing is changed', async () => {
  const { plan, remedy } = orders();
  const asked = await plan();
  api.rights.delete('patch');
  expect(await remedy(asked).execute()).toMatchObject({
    outcome: 'failed',
    detail: expect.stringContaining(
      'may not patch deployments in the namespace shop (403); mend: let its service account',
    ),
  });
  expect(api.deployment.metadata.generation).toBe(3);
});
