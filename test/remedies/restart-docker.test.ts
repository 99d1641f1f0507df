import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { dockerLog } from '../../src/logs/docker.ts';
import { dockerNeed, OBEDIENT, startDocker, type TestDocker } from '../support/docker.ts';
import { eventually } from '../support/lifeguard.ts';
import { poolRestartedBy, restarting, setEnv } from './application.ts';
import { type House, startHouse } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await startHouse();
});
afterAll(() => house?.stop());

const api = () => restarting(house, poolRestartedBy({ docker: 'api' }));

describe.skipIf(dockerNeed.skip)(`on a real Docker engine${dockerNeed.reason}`, () => {
  let docker: TestDocker;
  beforeAll(async () => {
    docker = await startDocker();
  });
  afterAll(() => docker?.stop());
  beforeEach(() => setEnv('DOCKER_HOST', docker.host));

  /** The container `api`, removed when the test is over. */
  async function start(script = OBEDIENT, options?: object) {
    const id = await docker.run('api', script, options);
    onTestFinished(async () => {
      await docker.api('DELETE', '/containers/api?force=1').catch(() => undefined);
    });
    return id;
  }
  const startedAt = async () => (await docker.inspect('api')).State.StartedAt;

  test('shows what restarts, what it frees and what it risks, and restarts it once', async () => {
    const id = await start();
    const leak = await house.app('catalytic-api');
    await leak.query('begin');
    const { plan, remedy } = api();
    const asked = await plan();
    expect(asked.target).toMatchObject({
      way: 'docker',
      container: id,
      name: 'api',
      startedAt: await startedAt(),
    });
    expect(asked.preview.title).toBe('Restart the container api');
    const facts = Object.fromEntries(asked.preview.facts.map(({ label, value }) => [label, value]));
    expect(facts).toMatchObject({
      Container: `api (${id.slice(0, 12)})`,
      Image: 'lifeguard-test:1',
      Frees: expect.stringMatching(
        /^1 of 27 connections \(catalytic-api: 0 active, 0 idle, 1 idle in transaction\)$/,
      ),
    });
    expect(asked.preview.risks.join(' ')).toContain('one container');

    const before = await startedAt();
    expect(await remedy(asked).recheck()).toBeUndefined();
    expect(await remedy(asked).execute()).toMatchObject({
      outcome: 'done',
      detail: 'the container api has restarted',
    });
    const after = await startedAt();
    expect(after).not.toBe(before);

    // A run after a crash finds that it has happened; one by another approval finds it moved on.
    expect(await remedy(asked).execute(true)).toMatchObject({
      outcome: 'done',
      detail: expect.stringContaining('did nothing a second time'),
    });
    expect(await remedy(asked).execute()).toMatchObject({ outcome: 'nothing_to_do' });
    expect(await remedy(asked).recheck()).toMatchObject({ outcome: 'nothing_to_do' });
    expect(await startedAt()).toBe(after);
  });

  test('a run after a crash that came before the engine was asked does it', async () => {
    await start('trap "exit 0" TERM; while :; do sleep 1 & wait $!; done', { StopTimeout: 1 });
    const { plan, remedy } = api();
    const asked = await plan();
    const before = await startedAt();
    expect(await remedy(asked).execute(true)).toMatchObject({ outcome: 'done' });
    expect(await startedAt()).not.toBe(before);
  });

  test('a run after a crash waits for the restart that the engine is still at', async () => {
    await start('trap "" TERM; while :; do sleep 1; done', { StopTimeout: 2 });
    const { plan, remedy } = api();
    const asked = await plan();
    const [, second] = await Promise.all([remedy(asked).execute(), remedy(asked).execute(true)]);
    expect(second).toMatchObject({
      outcome: 'done',
      detail: expect.stringContaining('did nothing a second time'),
    });
    const events = (await docker.api(
      'GET',
      `/events?since=0&until=${Math.ceil(Date.now() / 1_000)}&filters=${encodeURIComponent(JSON.stringify({ container: [(asked.target as { container: string }).container], event: ['restart'] }))}`,
    )) as unknown;
    expect(JSON.stringify(events).match(/"status":"restart"/g)).toHaveLength(1);
  });

  test('a container of the same name that was made since is left alone', async () => {
    await start();
    const { plan, remedy } = api();
    const asked = await plan();
    await docker.api('DELETE', '/containers/api?force=1');
    await docker.run('api', OBEDIENT);
    const newer = await startedAt();
    expect(await remedy(asked).recheck()).toMatchObject({ outcome: 'nothing_to_do' });
    for (const again of [false, true])
      expect(await remedy(asked).execute(again)).toMatchObject({
        outcome: 'nothing_to_do',
        detail: expect.stringContaining('gone'),
      });
    expect(await startedAt()).toBe(newer);
  });

  test('one that does not come up again is said to have failed, with where to look', async () => {
    await start('exit 3');
    await docker.api('POST', '/containers/api/wait');
    const { plan, remedy } = api();
    const asked = await plan();
    expect(asked.preview.risks.join(' ')).toContain('does not run now (exited)');
    expect(await remedy(asked).execute()).toMatchObject({
      outcome: 'failed',
      detail: expect.stringContaining('exit code 3; look at: `docker logs api`'),
    });
  });

  test('no such container: one line with the key to correct', async () => {
    expect(await api().preview()).toEqual({
      refused:
        'Not possible: Docker knows no container api; mend: correct restart.docker in lifeguard.yaml (docker ps shows the names).',
      protected: true,
    });
  });

  test('its log is read through the engine’s frames, and a container without one is named', async () => {
    await start('echo one; echo two >&2; echo three; while :; do sleep 1; done');
    // The engine reads the two streams by themselves, so their order is not told.
    const lines = await eventually(async () => {
      const found = await dockerLog('api', 5, 5_000);
      return found.length === 3 ? found : undefined;
    }, 'three lines');
    expect(lines.toSorted()).toEqual(['one', 'three', 'two']);
    expect(await dockerLog('api', 2, 5_000)).toEqual(lines.slice(1));
    await expect(dockerLog('gone', 2, 5_000)).rejects.toThrow('Docker knows no container gone');
  });

  test('an engine that is away says so, in the preview, in a run and in the log check', async () => {
    await start();
    const { plan, preview, remedy } = api();
    const asked = await plan();
    const before = await startedAt();
    setEnv('DOCKER_HOST', `${docker.host}.away`);
    const away = /there is no Docker engine at .*docker\.sock\.away; mend: start it, or set DOCKER_HOST/;
    expect(await preview()).toMatchObject({ refused: expect.stringMatching(away), protected: true });
    expect(await remedy(asked).recheck()).toMatchObject({
      outcome: 'refused',
      detail: expect.stringMatching(away),
    });
    expect(await remedy(asked).execute()).toMatchObject({
      outcome: 'failed',
      detail: expect.stringMatching(away),
    });
    await expect(dockerLog('api', 2, 5_000)).rejects.toThrow('there is no Docker engine');
    setEnv('DOCKER_HOST', docker.host);
    expect(await startedAt()).toBe(before);
  });
});

test('a socket behind which nobody listens any more, and something that is no engine', async () => {
  const path = join(tmpdir(), `lifeguard-no-engine-${process.pid}.sock`);
  const server = createServer((_request, response) => response.end('{}'));
  await new Promise<void>((done) => server.listen(path, done));
  setEnv('DOCKER_HOST', `unix://${path}`);
  expect(await api().preview()).toMatchObject({
    refused: expect.stringContaining('is not a Docker engine; mend: correct DOCKER_HOST'),
  });
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  expect(await api().preview()).toMatchObject({
    refused: expect.stringMatching(/no Docker engine|did not answer/),
  });
});

test('a pool without `restart` is told what to add', async () => {
  expect(await restarting(house, poolRestartedBy(undefined)).preview()).toMatchObject({
    refused: expect.stringContaining('add `restart` to it in lifeguard.yaml'),
    protected: true,
  });
});
