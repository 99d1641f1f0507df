import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startSlackStandIn } from '../../src/console/server.ts';
import { type BaseImage, makeBaseImage } from '../support/base-image.ts';
import { freePort } from '../support/daemon.ts';
import { dockerNeed, startDocker, type TestDocker } from '../support/docker.ts';
import { configText, eventually, notification, WEBHOOK_TOKEN } from '../support/lifeguard.ts';
import { needs } from '../support/needs.ts';
import { testDatabase } from '../support/postgres.ts';

const ROOT = join(import.meta.dirname, '../..');

/** It takes minutes, and fetches Debian and all packages once more: `npm run test:image`. */
const isAsked = process.env['LIFEGUARD_TEST_IMAGE'] === '1';

const bootstrap = needs('debootstrap', 'debootstrap');
const reasons = `${dockerNeed.reason}${bootstrap.reason}`;

const BUILT_WITHIN_MS = 20 * 60_000;
const HEALTHY_WITHIN_MS = 60_000;
const DRAINED_MS = 10_000;

const IMAGE = 'lifeguard:test';

describe.skipIf(!isAsked || dockerNeed.skip || bootstrap.skip)(
  `the image, built and run${isAsked ? reasons : ' (npm run test:image)'}`,
  () => {
    let base: BaseImage;
    let docker: TestDocker;
    beforeAll(async () => {
      base = await timed('the base image', makeBaseImage);
      docker = await startDocker({ storage: 'chosen' });
      const env = { PATH: process.env['PATH'] ?? '', HOME: tmpdir(), DOCKER_HOST: docker.host };
      await shell(`tar --create --directory '${base.folder}' . | docker import - base:test`, env);
      // The engine of the tests has no network of its own.
      const build = `docker build --network=host --build-arg BASE=base:test --tag ${IMAGE} .`;
      await timed('docker build', () => shell(build, env));
    }, BUILT_WITHIN_MS);
    afterAll(async () => {
      await docker?.stop().finally(() => base?.remove());
    }, BUILT_WITHIN_MS);

    test('serves as an ordinary user on a read-only root, is healthy, and drains on SIGTERM', {
      timeout: 2 * HEALTHY_WITHIN_MS,
    }, async () => {
      const database = await testDatabase();
      onTestFinished(() => database.drop());
      const slack = await startSlackStandIn({ channels: ['incidents', 'backend-team'] });
      onTestFinished(() => slack.stop());
      const folder = await mkdtemp(join(tmpdir(), 'lifeguard-image-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      await chmod(folder, 0o755);
      await writeFile(join(folder, 'lifeguard.yaml'), configText({}));
      const secret = join(folder, 'database_url');
      await writeFile(secret, `${database.url}\n`);
      const port = await freePort();
      const { Id: id } = (await docker.api('POST', '/containers/create?name=lifeguard', {
        Image: IMAGE,
        Env: [
          `PORT=${port}`,
          'DATABASE_URL_FILE=/run/secrets/database_url',
          `SLACK_API_URL=${slack.apiUrl}`,
          `SLACK_BOT_TOKEN=${slack.botToken}`,
          `SLACK_SIGNING_SECRET=${slack.signingSecret}`,
          `ALERTMANAGER_WEBHOOK_TOKEN=${WEBHOOK_TOKEN}`,
        ],
        HostConfig: {
          NetworkMode: 'host',
          ReadonlyRootfs: true,
          CapDrop: ['ALL'],
          SecurityOpt: ['no-new-privileges'],
          Binds: [
            `${folder}/lifeguard.yaml:/app/lifeguard.yaml:ro`,
            `${secret}:/run/secrets/database_url:ro`,
          ],
        },
      })) as { Id: string };
      await docker.api('POST', `/containers/${id}/start`);
      const url = `http://127.0.0.1:${port}`;
      const look = async () => (await docker.api('GET', `/containers/${id}/json`)) as Inspected;
      const logs = async () =>
        String(await docker.api('GET', `/containers/${id}/logs?stdout=1&stderr=1&tail=30`));
      const reached = async (path: string) =>
        eventually(
          async () => {
            if (!(await look()).State.Running) throw new Error(`it ended:\n${await logs()}`);
            return fetch(`${url}${path}`).then(
              ({ ok }) => ok || undefined,
              () => undefined,
            );
          },
          path,
          HEALTHY_WITHIN_MS,
        ).catch(async (error: Error) => {
          throw new Error(`${error.message}\n${await logs()}`);
        });

      await timed('/healthz', () => reached('/healthz'));
      await timed('/readyz', () => reached('/readyz'));
      const { State: state } = await look();
      const status = await readFile(`/proc/${state.Pid}/status`, 'utf8');
      expect(status).toMatch(/^Uid:\t1000\t1000\t1000\t1000$/m);
      expect(status).toMatch(/^CapEff:\t0+$/m);
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      console.log(/^VmRSS:.*$/m.exec(status)?.[0]);

      const alert = await fetch(`${url}/webhooks/alertmanager`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${WEBHOOK_TOKEN}` },
        body: JSON.stringify(notification({ startsAt: new Date() })),
      });
      expect(alert.status).toBe(200);
      const channel = slack.workspace.channel('incidents')?.id ?? '';
      await eventually(() => slack.workspace.messages(channel).length > 0 || undefined, 'the thread');

      await timed('healthy', () =>
        eventually(
          async () => (await look()).State.Health?.Status === 'healthy' || undefined,
          'the health check to pass',
          HEALTHY_WITHIN_MS,
        ),
      );
      const began = performance.now();
      await docker.api('POST', `/containers/${id}/stop?t=20`);
      expect(performance.now() - began).toBeLessThan(DRAINED_MS);
      const { State: ended } = await look();
      expect({ running: ended.Running, code: ended.ExitCode }, await logs()).toEqual({
        running: false,
        code: 0,
      });
      // It has written nothing: neither into its root, which it could not, nor into a volume.
      expect(await docker.api('GET', `/containers/${id}/changes`)).toSatisfy(
        (changes: { Kind: number; Path: string }[] | null) =>
          (changes ?? []).every(({ Path }) => /^\/(app|run|etc|dev)\b/.test(Path)),
      );
    });
  },
);

interface Inspected {
  readonly State: {
    readonly Running: boolean;
    readonly Pid: number;
    readonly ExitCode: number;
    readonly Health?: { readonly Status: string };
  };
}

/** Says how long it took: what the long form is also run for. */
async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  console.log(`${what}: ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  return result;
}

/** Runs a line of shell in the checkout. @throws Error with the end of what it printed when it fails */
async function shell(line: string, env: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn('bash', ['-o', 'pipefail', '-c', `${line} 2>&1`], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [printed, code] = await Promise.all([
    text(child.stdout),
    new Promise<number | null>((done) => child.once('close', done)),
  ]);
  if (code !== 0) throw new Error(`${line} ended with ${code}:\n${printed.slice(-5_000)}`);
}
