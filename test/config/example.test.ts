import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadConfig, parseConfig } from '../../src/config/index.ts';
import { configJsonSchema } from '../../src/config/jsonschema.ts';
import { CONTRACT, CONTRACT_ENV, faultsOf, POOL } from './sample.ts';

const example = readFileSync(new URL('../../lifeguard.example.yaml', import.meta.url), 'utf8');
const dotenv = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');

/** Values for every variable that the example names, the commented ones included. */
const ENV = Object.fromEntries(
  [...example.matchAll(/\$\{([A-Z]\w*)\}/g)].map(([, name = '']) => [
    name,
    /_URL$/.test(name) ? 'postgres://u:p@db.example.com/d' : 'x'.repeat(32),
  ]),
);

/** Keys of one section that stand in comments as another way to write it. */
const ALTERNATIVES = [...example.matchAll(/^ {4}# ((?:logs|restart|pool_size|escalation): \{.*\})$/gm)].map(
  ([, line = '']) => line,
);

describe('lifeguard.example.yaml', () => {
  test('is sound with its variables set', () => {
    expect(faultsOf(example, ENV)).toEqual([]);
    const { config, warnings } = parseConfig(example, ENV);
    expect(warnings).toEqual([]);
    expect(config.pools).toHaveLength(1);
    expect(config.escalation.levels.map(({ name }) => name)).toEqual([
      'On-call engineer',
      'Database administrator',
      'Infrastructure lead',
      'CTO',
    ]);
  });

  test('says what the contract says', () => {
    expect(parseConfig(example, CONTRACT_ENV).config).toEqual(parseConfig(CONTRACT, CONTRACT_ENV).config);
  });

  test('begins with the line by which editors find the schema', () => {
    expect(example.split('\n')[0]).toBe('# yaml-language-server: $schema=./lifeguard.schema.json');
  });

  test('names every key there is', () => {
    const keys = keysOf(configJsonSchema());
    expect(keys.size).toBeGreaterThan(60);
    for (const key of keys) expect(example, key).toMatch(new RegExp(`[\\s{]${key}:`));
  });

  test.each(ALTERNATIVES)('is sound in its comment, too: %s', (line) => {
    expect(faultsOf(`${POOL}    ${line}\n`, ENV)).toEqual([]);
  });

  test('shows all the other ways in comments', () => {
    expect(ALTERNATIVES).toHaveLength(9);
  });

  test('is sound with the sections that stand in comments', () => {
    const sections = example
      .slice(example.indexOf('# watchdog:'))
      .split('\n')
      .filter((line) => /^# (watchdog|heartbeat| {2})/.test(line))
      .map((line) => line.slice(2));
    const { config } = parseConfig(`${POOL}${sections.join('\n')}`, {
      ...ENV,
      HEARTBEAT_URL: 'https://m.example.com/1',
    });
    expect(config.watchdog?.everyMs).toBe(300_000);
    expect(config.heartbeat?.everyMs).toBe(60_000);
  });
});

/** The names of all keys in a schema. */
function keysOf(schema: unknown, found = new Set<string>()): Set<string> {
  if (typeof schema !== 'object' || schema === null) return found;
  for (const [key, inner] of Object.entries(schema)) {
    if (key === 'properties') for (const name of Object.keys(inner)) found.add(name);
    keysOf(inner, found);
  }
  return found;
}

describe('.env.example', () => {
  /** The contract's variables, with the defaults it gives. */
  const CONTRACT_VARIABLES = {
    PORT: '3000',
    LIFEGUARD_CONFIG: './lifeguard.yaml',
    LIFEGUARD_ROLE: 'all',
    DATABASE_URL: undefined,
    REDIS_URL: undefined,
    SLACK_BOT_TOKEN: undefined,
    SLACK_SIGNING_SECRET: undefined,
    SLACK_APP_TOKEN: undefined,
    SLACK_API_URL: 'https://slack.com/api/',
    SLACK_RATE_LIMITS: 'slack',
    ALERTMANAGER_WEBHOOK_TOKEN: undefined,
    PAGERDUTY_EVENTS_SERVER: 'events.pagerduty.com',
    PAGERDUTY_API_SERVER: 'api.pagerduty.com',
    PAGERDUTY_API_TOKEN: undefined,
    PAGERDUTY_FROM_EMAIL: undefined,
    PAGERDUTY_WEBHOOK_SECRET: undefined,
    LOG_LEVEL: 'info',
    LIFEGUARD_CONSOLE: undefined,
  };

  test.each(Object.entries(CONTRACT_VARIABLES))('documents %s, by default %s', (name, value) => {
    const line = dotenv.split('\n').find((one) => one.startsWith(`# ${name}=`));
    expect(line).toBeDefined();
    if (value !== undefined) expect(line).toBe(`# ${name}=${value}`);
  });

  test('sets nothing by itself', () => {
    expect(dotenv.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  });

  test('documents the variables of lifeguard.example.yaml that are in force', () => {
    const active = example.split('\n').filter((line) => !line.trimStart().startsWith('#'));
    const names = [...active.join('\n').matchAll(/\$\{([A-Z]\w*)\}/g)].map(([, name]) => name);
    for (const name of names) expect(dotenv, name).toContain(`# ${name}=`);
  });

  test('shows defaults that the program has', () => {
    const { environment } = loadConfig({ env: {}, cwd: '/', readFile: () => POOL });
    expect(environment).toMatchObject({
      port: Number(CONTRACT_VARIABLES.PORT),
      configPath: CONTRACT_VARIABLES.LIFEGUARD_CONFIG,
      role: CONTRACT_VARIABLES.LIFEGUARD_ROLE,
      slackApiUrl: CONTRACT_VARIABLES.SLACK_API_URL,
      logLevel: CONTRACT_VARIABLES.LOG_LEVEL,
      pagerduty: {
        eventsServer: CONTRACT_VARIABLES.PAGERDUTY_EVENTS_SERVER,
        apiServer: CONTRACT_VARIABLES.PAGERDUTY_API_SERVER,
      },
    });
  });
});
