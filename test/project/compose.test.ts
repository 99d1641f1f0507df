import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { needs } from '../support/needs.ts';

const run = promisify(execFile);
const FOLDER = join(import.meta.dirname, '../../deploy');
const COMPOSE = join(FOLDER, 'compose.yaml');
const HAPROXY = join(FOLDER, 'haproxy/haproxy.cfg');

/** A process that was told to end has ended by then: `src/cli/serve.ts`. */
const DRAIN_SECONDS = 10;

interface Service {
  readonly image: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly privileged?: boolean;
  readonly cap_add?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly tmpfs?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly command?: readonly string[];
  readonly stop_grace_period?: string;
  readonly mem_limit?: string;
  readonly restart?: string;
  readonly depends_on?: unknown;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
}

const compose: Compose = parse(await readFile(COMPOSE, 'utf8'), { merge: true });
const services = Object.entries(compose.services);
const bots = services.filter(([name]) => name.startsWith('bot-'));

describe('the compose file', () => {
  test('has two bots, PostgreSQL, Redis, and what stands before the bots', () => {
    expect(services.map(([name]) => name).toSorted()).toEqual([
      'balancer',
      'bot-1',
      'bot-2',
      'postgres',
      'redis',
    ]);
  });

  test.each(services)('%s runs as an ordinary user without privileges, and is watched', (_name, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      user: expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/),
      healthcheck: { test: expect.arrayContaining(['CMD']) },
      mem_limit: expect.any(String),
      restart: 'unless-stopped',
    });
    expect(service.cap_add).toBeUndefined();
    expect(service.privileged).toBeUndefined();
    // Of an image of somebody else's the version is told.
    expect(service.image).toMatch(/^lifeguard:\$\{LIFEGUARD_VERSION:-latest\}$|^[a-z]+:\d+(\.\d+)*$/);
    for (const mount of service.tmpfs ?? []) expect(mount).toMatch(/:size=\d+m\b/);
  });

  test('only the balancer is reached from outside, and from this machine alone', () => {
    const published = services.flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]));
    expect(published).toEqual([['balancer', '127.0.0.1:3000:3000']]);
    expect(compose.networks['inside']).toEqual({ internal: true });
    for (const name of ['postgres', 'redis']) expect(compose.services[name]?.networks).toEqual(['inside']);
  });

  test('PostgreSQL and Redis keep what they have', () => {
    const { postgres, redis } = compose.services;
    expect(postgres?.volumes).toEqual(['postgres:/var/lib/postgresql/data']);
    expect(redis?.volumes).toEqual(['redis:/data']);
    expect(Object.keys(compose.volumes).toSorted()).toEqual(['postgres', 'redis']);
    const command = redis?.command?.join(' ');
    expect(command).toContain('--appendonly yes');
    // BullMQ's data must not be thrown out when memory runs short.
    expect(command).toContain('--maxmemory-policy noeviction');
  });

  test('a secret is a file, and each file is one that a service is given', () => {
    for (const [name, { environment = {}, secrets = [] }] of services) {
      const read = Object.entries(environment).filter(([variable]) => variable.endsWith('_FILE'));
      expect(read.map(([, path]) => path).toSorted(), name).toEqual(
        secrets.map((secret) => `/run/secrets/${secret}`).toSorted(),
      );
      for (const variable of Object.keys(environment))
        if (!variable.endsWith('_FILE'))
          expect(variable).not.toMatch(/TOKEN|SECRET|PASSWORD|DATABASE_URL|KEY/);
    }
    const given = new Set(services.flatMap(([, { secrets = [] }]) => secrets));
    expect([...given].toSorted()).toEqual(Object.keys(compose.secrets).toSorted());
    for (const [name, { file }] of Object.entries(compose.secrets)) expect(file).toBe(`./secrets/${name}`);
  });

  test.each(bots)(
    '%s has the time to finish what it took in, and a configuration that it takes',
    (_name, bot) => {
      expect(Number.parseInt(bot.stop_grace_period ?? '', 10)).toBeGreaterThanOrEqual(DRAIN_SECONDS + 5);
      expect(bot.depends_on).toEqual({
        postgres: { condition: 'service_healthy' },
        redis: { condition: 'service_healthy' },
      });
      const yaml = readFileSync(join(FOLDER, 'kubernetes/lifeguard.yaml'), 'utf8');
      const read: string[] = [];
      const { environment, warnings } = loadConfig({
        env: bot.environment ?? {},
        cwd: '/app',
        readFile: (path) => {
          read.push(path);
          if (path === '/app/lifeguard.yaml') return yaml;
          if (path.endsWith('url')) return 'postgres://lifeguard:x@postgres:5432/lifeguard\n';
          return path.endsWith('bot_token') ? 'xoxb-1-2-3\n' : `${'0'.repeat(32)}\n`;
        },
      });
      expect(warnings).toEqual([]);
      expect(read).toContain('/run/secrets/database_url');
      expect(environment).toMatchObject({
        role: 'all',
        redisUrl: 'redis://redis:6379',
        databaseUrl: 'postgres://lifeguard:x@postgres:5432/lifeguard',
        slack: { mode: 'http' },
      });
    },
  );

  test('the bots are checked as their image says', async () => {
    const dockerfile = await readFile(join(FOLDER, '../Dockerfile'), 'utf8');
    const [, command = '[]'] = /HEALTHCHECK[^[]*(\[.*\])/.exec(dockerfile) ?? [];
    for (const [, { healthcheck }] of bots)
      expect(healthcheck?.test.map((word) => word.replaceAll('$$', '$'))).toEqual([
        'CMD',
        ...JSON.parse(command),
      ]);
  });
});

const dockerCompose = needs('docker-compose', 'docker-compose');
const haproxy = needs('haproxy', 'haproxy');

test.skipIf(dockerCompose.skip)(`docker-compose takes the file${dockerCompose.reason}`, async () => {
  const { stdout } = await run('docker-compose', ['--file', COMPOSE, 'config']);
  expect(Object.keys(parse(stdout).services).toSorted()).toEqual(services.map(([name]) => name).toSorted());
});

test('the balancer asks a bot what alerts are taken without, and sends nothing twice', async () => {
  const text = await readFile(HAPROXY, 'utf8');
  expect(text).toContain('uri /readyz?exclude=slack&exclude=queue ');
  expect(text).toMatch(/^ {2}retry-on conn-failure$/m);
  const servers = [...text.matchAll(/^ {2}server (\S+) (\S+)$/gm)].map(([, name, address]) => [
    name,
    address,
  ]);
  expect(servers).toEqual(bots.map(([name]) => [name, `${name}:3000`]));
});

test.skipIf(haproxy.skip)(`HAProxy takes the balancer's configuration${haproxy.reason}`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-haproxy-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'haproxy.cfg');
  // Names that only Docker knows are warned of; a warning of anything else is a fault here.
  const text = (await readFile(HAPROXY, 'utf8')).replace(/(server bot-\d) bot-\d:/g, '$1 127.0.0.1:');
  await writeFile(path, text);
  await run('haproxy', ['-c', '-dW', '-f', path]);
});
