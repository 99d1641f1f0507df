import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, loadConfig } from '../../src/config/index.ts';
import type { Env } from '../../src/config/variables.ts';
import { CONTRACT, CONTRACT_ENV, POOL } from './sample.ts';

let cwd = '';

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'lifeguard-config-'));
  writeFileSync(join(cwd, 'lifeguard.yaml'), CONTRACT);
  writeFileSync(join(cwd, 'short.yaml'), POOL);
  writeFileSync(join(cwd, 'faulty.yaml'), `${POOL}    thresold: 1\n`);
  writeFileSync(join(cwd, 'pd-l4'), `${CONTRACT_ENV.PD_L4}\n`);
  mkdirSync(join(cwd, 'folder'));
});

afterAll(() => rmSync(cwd, { recursive: true }));

function faultsOf(env: Env) {
  try {
    loadConfig({ env, cwd });
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('loading the configuration', () => {
  test('reads lifeguard.yaml in the working directory, and the environment', () => {
    const { config, environment, warnings } = loadConfig({
      env: { ...CONTRACT_ENV, PORT: '0', ALERTMANAGER_WEBHOOK_TOKEN: 'x' },
      cwd,
    });
    expect(config.pools[0]?.databaseUrl).toBe(CONTRACT_ENV.ORDERS_DATABASE_URL);
    expect(environment.port).toBe(0);
    expect(warnings).toEqual([]);
  });

  test('reads the file that LIFEGUARD_CONFIG names, from the working directory on', () => {
    const { config, environment } = loadConfig({ env: { LIFEGUARD_CONFIG: 'short.yaml' }, cwd });
    expect(config.escalation.levels).toEqual([]);
    expect(environment.configPath).toBe('short.yaml');
  });

  test('fills in a variable from the file that NAME_FILE names', () => {
    const { PD_L4, ...env } = CONTRACT_ENV;
    const { config } = loadConfig({ env: { ...env, PD_L4_FILE: 'pd-l4' }, cwd });
    expect(config.escalation.levels[3]?.page).toEqual({ routingKey: PD_L4 });
  });

  test('gathers the warnings of both', () => {
    const { warnings } = loadConfig({ env: { LIFEGUARD_CONFIG: 'short.yaml' }, cwd });
    expect(warnings).toEqual([
      'ALERTMANAGER_WEBHOOK_TOKEN: is not set, so every alert is refused',
      'access.approvers: names nobody, so no remedy can be approved',
      'escalation: is left out, so nobody is brought in when an incident is not taken care of',
    ]);
  });

  test('tells the faults of both at once', () => {
    expect(
      faultsOf({ LIFEGUARD_CONFIG: 'faulty.yaml', PORT: 'x' }).map(({ path, line }) => [path, line]),
    ).toEqual([
      ['PORT', undefined],
      ['pools[0].thresold', 5],
    ]);
  });

  test.each([
    ['missing.yaml', 'the file missing.yaml does not exist'],
    ['folder', 'the file folder is a folder'],
    ['short.yaml/x', 'the file short.yaml/x does not exist'],
  ])('tells that %s cannot be read, and what to copy', (path, why) => {
    expect(faultsOf({ LIFEGUARD_CONFIG: path })).toEqual([
      {
        path: 'LIFEGUARD_CONFIG',
        message: `${why}: copy lifeguard.example.yaml to lifeguard.yaml and edit it, or set LIFEGUARD_CONFIG to the path of yours`,
      },
    ]);
  });

  test('reads by the function that it is given', () => {
    const paths: string[] = [];
    const readFile = (path: string): string => {
      paths.push(path);
      return POOL;
    };
    expect(loadConfig({ env: {}, cwd: '/somewhere', readFile }).config.pools).toHaveLength(1);
    expect(paths).toEqual(['/somewhere/lifeguard.yaml']);
  });
});
