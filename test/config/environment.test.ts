import { describe, expect, test } from 'vitest';
import { readEnvironment } from '../../src/config/environment.ts';
import { createVariables, type Env } from '../../src/config/variables.ts';

const SLACK = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 'signing' };

/** A file system with two files. */
function readFile(path: string): string {
  if (path === '/run/secrets/token') return 'from-a-file\n';
  throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
}

function read(env: Env) {
  return readEnvironment(env, createVariables(env, '/', readFile));
}

describe('the environment', () => {
  test('has the defaults of the contract', () => {
    const { environment, faults } = read({});
    expect(faults).toEqual([]);
    expect(environment).toEqual({
      port: 3000,
      configPath: './lifeguard.yaml',
      role: 'all',
      slack: { mode: 'console' },
      slackApiUrl: 'https://slack.com/api/',
      slackRateLimits: 'none',
      pagerduty: {
        eventsServer: 'events.pagerduty.com',
        apiServer: 'api.pagerduty.com',
        webhookSecrets: [],
      },
      logLevel: 'info',
      console: true,
    });
  });

  test('takes every variable of the contract', () => {
    const { environment, faults, warnings } = read({
      PORT: '0',
      LIFEGUARD_CONFIG: '/etc/lifeguard.yaml',
      LIFEGUARD_ROLE: 'worker',
      LIFEGUARD_CONSOLE: '1',
      DATABASE_URL: 'postgresql:///lifeguard?host=/run/postgresql',
      REDIS_URL: 'rediss://:p@redis:6379/1',
      SLACK_BOT_TOKEN: 'xoxb-1',
      SLACK_SIGNING_SECRET: 'signing',
      SLACK_APP_TOKEN: 'xapp-1',
      SLACK_API_URL: 'http://127.0.0.1:4000/api',
      ALERTMANAGER_WEBHOOK_TOKEN: 'alerts',
      PAGERDUTY_EVENTS_SERVER: 'events.eu.pagerduty.com',
      PAGERDUTY_API_SERVER: '127.0.0.1:8443',
      PAGERDUTY_API_TOKEN: 'rest',
      PAGERDUTY_FROM_EMAIL: 'bot@example.com',
      PAGERDUTY_WEBHOOK_SECRET: 'old, new',
      LOG_LEVEL: 'debug',
      PATH: '/usr/bin',
    });
    expect(faults).toEqual([]);
    expect(warnings).toEqual([]);
    expect(environment).toEqual({
      port: 0,
      configPath: '/etc/lifeguard.yaml',
      role: 'worker',
      databaseUrl: 'postgresql:///lifeguard?host=/run/postgresql',
      redisUrl: 'rediss://:p@redis:6379/1',
      slack: { mode: 'socket', botToken: 'xoxb-1', appToken: 'xapp-1', signingSecret: 'signing' },
      slackApiUrl: 'http://127.0.0.1:4000/api/',
      slackRateLimits: 'slack',
      alertmanagerToken: 'alerts',
      pagerduty: {
        eventsServer: 'events.eu.pagerduty.com',
        apiServer: '127.0.0.1:8443',
        apiToken: 'rest',
        fromEmail: 'bot@example.com',
        webhookSecrets: ['old', 'new'],
      },
      logLevel: 'debug',
      console: true,
    });
  });

  test('reaches Slack by HTTP with a signing secret, and then serves no console', () => {
    const { environment, faults } = read(SLACK);
    expect(faults).toEqual([]);
    expect(environment.slack).toEqual({ mode: 'http', botToken: 'xoxb-1', signingSecret: 'signing' });
    expect(environment.console).toBe(false);
  });

  test('takes an empty variable for one that is not set', () => {
    const empty = { PORT: '', SLACK_BOT_TOKEN: '', LIFEGUARD_ROLE: ' ', DATABASE_URL: '', LOG_LEVEL: '' };
    expect(read(empty)).toEqual(read({}));
  });

  test.each([
    'SLACK_BOT_TOKEN',
    'SLACK_SIGNING_SECRET',
    'SLACK_APP_TOKEN',
    'ALERTMANAGER_WEBHOOK_TOKEN',
    'PAGERDUTY_API_TOKEN',
    'PAGERDUTY_WEBHOOK_SECRET',
    'DATABASE_URL',
    'REDIS_URL',
  ])('takes %s from a file, too, but not from both', (name) => {
    const file = { [`${name}_FILE`]: '/run/secrets/token' };
    expect(JSON.stringify(read({ ...SLACK, [name]: undefined, ...file }))).not.toContain(`${name}_FILE`);
    expect(read({ ...SLACK, [name]: 'x', ...file }).faults).toContainEqual({
      path: name,
      message: `is set, and so is ${name}_FILE: keep one of them`,
    });
    expect(read({ ...SLACK, [name]: undefined, [`${name}_FILE`]: '/nowhere' }).faults).toContainEqual({
      path: name,
      message: `cannot be read: the file that ${name}_FILE names does not exist`,
    });
  });

  test('takes the content of the file without its line break', () => {
    const { environment } = read({ ALERTMANAGER_WEBHOOK_TOKEN_FILE: '/run/secrets/token' });
    expect(environment.alertmanagerToken).toBe('from-a-file');
  });
});

describe('a fault of the environment', () => {
  test.each<[Env, string, string]>([
    [{ PORT: '65536' }, 'PORT', 'must be a port from 1 to 65535 (0 takes a free one), not "65536"'],
    [{ PORT: '3000x' }, 'PORT', 'must be a port from 1 to 65535 (0 takes a free one), not "3000x"'],
    [{ PORT: '-1' }, 'PORT', 'must be a port from 1 to 65535 (0 takes a free one), not "-1"'],
    [
      { LIFEGUARD_ROLE: 'wroker' },
      'LIFEGUARD_ROLE',
      '"wroker" is not one of its words; did you mean `worker`?',
    ],
    [
      { LIFEGUARD_ROLE: 'worker' },
      'LIFEGUARD_ROLE',
      'cannot be worker without SLACK_BOT_TOKEN: the console that stands in for Slack lives in one process',
    ],
    [
      { LOG_LEVEL: 'loud' },
      'LOG_LEVEL',
      '"loud" is not one of its words; known are `trace`, `debug`, `info`, `warn`, `error`, `fatal`, `silent`',
    ],
    [
      { LIFEGUARD_CONSOLE: 'yes' },
      'LIFEGUARD_CONSOLE',
      '"yes" is not one of its words; known are `1`, `0`, `true`, `false`, `auto`',
    ],
    [
      { LIFEGUARD_CONSOLE: '0' },
      'LIFEGUARD_CONSOLE',
      'cannot be switched off while it stands in for Slack: set SLACK_BOT_TOKEN, or leave it out',
    ],
    [
      { DATABASE_URL: 'mysql://hush@h/d' },
      'DATABASE_URL',
      'must be a URL that begins with postgres:// or postgresql:// (special characters of its password percent-encoded)',
    ],
    [
      { REDIS_URL: 'hush' },
      'REDIS_URL',
      'must be a URL that begins with redis:// or rediss:// (special characters of its password percent-encoded)',
    ],
    [
      { SLACK_BOT_TOKEN: 'xoxb-hush' },
      'SLACK_SIGNING_SECRET',
      'is missing: with SLACK_BOT_TOKEN set, set it too (HTTP), or set SLACK_APP_TOKEN (Socket Mode)',
    ],
    [
      { SLACK_SIGNING_SECRET: 'hush' },
      'SLACK_BOT_TOKEN',
      'is missing: SLACK_SIGNING_SECRET is set, and without the bot token nothing can be posted',
    ],
    [
      { SLACK_APP_TOKEN: 'xapp-hush' },
      'SLACK_BOT_TOKEN',
      'is missing: SLACK_APP_TOKEN is set, and without the bot token nothing can be posted',
    ],
    [
      { SLACK_API_URL: 'slack.com/api' },
      'SLACK_API_URL',
      'must be a URL that begins with https:// or http://',
    ],
    [
      { PAGERDUTY_EVENTS_SERVER: 'https://events.pagerduty.com' },
      'PAGERDUTY_EVENTS_SERVER',
      'must be a host with an optional port, such as events.pagerduty.com, without https:// before it or a path behind it',
    ],
    [
      { PAGERDUTY_API_SERVER: 'api.pagerduty.com/v2' },
      'PAGERDUTY_API_SERVER',
      'must be a host with an optional port, such as api.pagerduty.com, without https:// before it or a path behind it',
    ],
    [
      { PAGERDUTY_API_TOKEN: 'hush' },
      'PAGERDUTY_FROM_EMAIL',
      'is missing: with PAGERDUTY_API_TOKEN set, PagerDuty wants the e-mail address of one of its users with every change',
    ],
    [
      { PAGERDUTY_FROM_EMAIL: 'a@b.c' },
      'PAGERDUTY_API_TOKEN',
      'is missing: PAGERDUTY_FROM_EMAIL is set, and is of use only beside it',
    ],
    [
      { PAGERDUTY_API_TOKEN: 'hush', PAGERDUTY_FROM_EMAIL: 'Bob' },
      'PAGERDUTY_FROM_EMAIL',
      'must be the e-mail address of a PagerDuty user',
    ],
    [
      { LIFEGUARD_ROLES: 'all' },
      'LIFEGUARD_ROLES',
      'unknown variable `LIFEGUARD_ROLES`; did you mean `LIFEGUARD_ROLE`?',
    ],
    [
      { LIFEGUARD_CONFG: 'x' },
      'LIFEGUARD_CONFG',
      'unknown variable `LIFEGUARD_CONFG`; did you mean `LIFEGUARD_CONFIG`?',
    ],
    [{ LIFEGUARD_PORT: '3001' }, 'LIFEGUARD_PORT', 'unknown variable `LIFEGUARD_PORT`; did you mean `PORT`?'],
  ])('%j is told with its name and mend', (env, path, message) => {
    expect(read(env).faults).toEqual([{ path, message }]);
  });

  test('never holds a secret', () => {
    const hush = {
      DATABASE_URL: 'hush',
      REDIS_URL: 'hush',
      SLACK_SIGNING_SECRET: 'hush',
      PAGERDUTY_API_TOKEN: 'hush',
    };
    const { faults, warnings } = read(hush);
    expect(faults).toHaveLength(4);
    expect(JSON.stringify([faults, warnings])).not.toContain('hush');
  });
});

describe('what is allowed but hardly meant', () => {
  test.each<[Env, string]>([
    [
      { ...SLACK, SLACK_BOT_TOKEN: 'test-token' },
      'SLACK_BOT_TOKEN: does not begin with xoxb-, as bot tokens do',
    ],
    [
      { ...SLACK, SLACK_APP_TOKEN: 'test' },
      'SLACK_APP_TOKEN: does not begin with xapp-, as app-level tokens do',
    ],
    [
      { ...SLACK, SLACK_API_URL: 'http://slack.example.com/api/' },
      'SLACK_API_URL: is not https, so the bot token crosses the network in the clear',
    ],
    [{}, 'ALERTMANAGER_WEBHOOK_TOKEN: is not set, so every alert is refused'],
    [
      { ...SLACK, LIFEGUARD_ROLE: 'web' },
      'DATABASE_URL: is not set, and no other process can share the embedded store with this web',
    ],
    [
      { LIFEGUARD_TEMPERATURE: '1' },
      "LIFEGUARD_TEMPERATURE: is not a variable of Lifeguard's; it has LIFEGUARD_CONFIG, LIFEGUARD_ROLE, LIFEGUARD_CONSOLE",
    ],
  ])('%j is told', (env, warning) => {
    expect(read(env)).toMatchObject({ faults: [], warnings: expect.arrayContaining([warning]) });
  });

  test('what Kubernetes sets beside a service of the name lifeguard is let pass', () => {
    const { faults, warnings } = read({
      ALERTMANAGER_WEBHOOK_TOKEN: 'x',
      LIFEGUARD_SERVICE_HOST: '10.0.0.1',
      LIFEGUARD_SERVICE_PORT: '3000',
      LIFEGUARD_SERVICE_PORT_HTTP: '3000',
      LIFEGUARD_PORT: 'tcp://10.0.0.1:3000',
      LIFEGUARD_PORT_3000_TCP: 'tcp://10.0.0.1:3000',
      LIFEGUARD_PORT_3000_TCP_PROTO: 'tcp',
      LIFEGUARD_PORT_3000_TCP_ADDR: '10.0.0.1',
      LIFEGUARD_WEB_SERVICE_HOST: '10.0.0.2',
    });
    expect(faults).toEqual([]);
    expect(warnings).toEqual([]);
  });
});

describe('the variables of OpenTelemetry', () => {
  const traced = (env: Env) => {
    const { environment, faults } = read(env);
    return { tracing: environment.tracing, faults: faults.map(({ path, message }) => `${path} ${message}`) };
  };

  test('switch traces on by an endpoint, whose path is that of OTLP', () => {
    const there = (url: string) => ({ tracing: { url, headers: {}, serviceName: 'lifeguard' }, faults: [] });
    const base = 'http://collector:4318';
    expect(traced({ OTEL_EXPORTER_OTLP_ENDPOINT: base })).toEqual(there(`${base}/v1/traces`));
    expect(traced({ OTEL_EXPORTER_OTLP_ENDPOINT: `${base}/otlp/` })).toEqual(there(`${base}/otlp/v1/traces`));
    const own = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://elsewhere/take' };
    expect(traced({ OTEL_EXPORTER_OTLP_ENDPOINT: base, ...own })).toEqual(there('https://elsewhere/take'));
    for (const off of [{ OTEL_SDK_DISABLED: 'true' }, { OTEL_TRACES_EXPORTER: 'none' }]) {
      expect(traced({ OTEL_EXPORTER_OTLP_ENDPOINT: base, ...off })).toEqual({
        tracing: undefined,
        faults: [],
      });
    }
  });

  test('name the service, and hold headers that may come from a file', () => {
    expect(
      traced({
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c',
        OTEL_SERVICE_NAME: 'rescue',
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20YQ%3D%3D, x-tenant=orders,',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      }),
    ).toEqual({
      tracing: {
        url: 'http://c/v1/traces',
        headers: { authorization: 'Basic YQ==', 'x-tenant': 'orders' },
        serviceName: 'rescue',
      },
      faults: [],
    });
    const { faults } = traced({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c',
      OTEL_EXPORTER_OTLP_HEADERS_FILE: '/run/secrets/token',
    });
    expect(faults).toEqual([
      'OTEL_EXPORTER_OTLP_HEADERS its entry 1 must be name=value, with special characters percent-encoded',
    ]);
  });

  test('are refused by name where they cannot be followed, without the value of a secret', () => {
    const { faults } = traced({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_HEADERS: 'a=%zz-hush,=hush,b=hush%0Ac',
    });
    expect(faults).toHaveLength(4);
    expect(faults[0]).toMatch(/^OTEL_EXPORTER_OTLP_PROTOCOL .*4318/);
    expect(faults.join()).not.toContain('hush');
    expect(traced({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }).faults).toEqual([
      expect.stringMatching(/^OTEL_EXPORTER_OTLP_ENDPOINT must be a URL that begins with http:/),
    ]);
  });
});
