import { expect, onTestFinished, test } from 'vitest';
import { restartCheck } from '../../src/cli/check/restart.ts';
import { setEnv } from '../remedies/application.ts';
import { startKubernetes } from '../support/kubernetes.ts';

test('a deployment that is there is well, and one that is not has its mend', async () => {
  const api = await startKubernetes();
  onTestFinished(() => api.stop());
  setEnv('KUBECONFIG', api.kubeconfig);
  const check = (deployment: string) =>
    restartCheck('orders', { kubernetes: { namespace: 'shop', deployment } }).run();
  expect(await check('orders')).toMatchObject([
    { level: 'ok', subject: 'pool orders restart', text: expect.stringContaining('2 of 2 ready') },
  ]);
  expect(await check('gone')).toMatchObject([
    { level: 'FAIL', text: expect.stringContaining('correct restart.kubernetes in lifeguard.yaml') },
  ]);
  expect(api.patches).toEqual([]);
});

test('an engine that is away fails, and a webhook is not called', async () => {
  setEnv('DOCKER_HOST', 'unix:///nowhere/docker.sock');
  expect(await restartCheck('orders', { docker: 'api' }).run()).toMatchObject([
    {
      level: 'FAIL',
      text: expect.stringContaining('there is no Docker engine at /nowhere/docker.sock; start it'),
    },
  ]);
  const webhook = { url: 'http://127.0.0.1:1/restart?token=t', secret: 's', timeoutMs: 1_000 };
  expect(await restartCheck('orders', { webhook }).run()).toMatchObject([
    { level: 'ok', text: 'the webhook at 127.0.0.1:1, which is not called before it is needed' },
  ]);
});
