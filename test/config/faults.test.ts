import { describe, expect, test } from 'vitest';
import { ConfigError, parseConfig } from '../../src/config/index.ts';
import { CONTRACT, CONTRACT_ENV, faultsOf, LEVELS, POOL } from './sample.ts';

/** The only fault of `text`. */
function onlyFault(text: string, env: Record<string, string> = {}) {
  const faults = faultsOf(text, env);
  expect(faults).toHaveLength(1);
  return faults[0];
}

const LINK_LOCAL =
  'leads to a link-local address or a cloud’s metadata service: correct it, or set `allow_link_local: true` beside it';

/** Lines added to the pool, and what they get; the path counts from the pool. */
const POOL_FAULTS: readonly (readonly [lines: string, path: string, message: string])[] = [
  ['thresold: 80', 'thresold', 'unknown key `thresold`; did you mean `threshold`?'],
  ['databaseUrl: x', 'databaseUrl', 'unknown key `databaseUrl`; did you mean `database_url`?'],
  ['verify: { withn: 60s }', 'verify.withn', 'unknown key `withn`; did you mean `within`?'],
  ['verify: { colour: red }', 'verify.colour', 'unknown key `colour`; known are `within`, `healthy_below`'],
  [
    'verify: { within: 60 }',
    'verify.within',
    'must be a duration with its unit, such as 30s or 5m, not a number',
  ],
  [
    'verify: { within: 1 minute }',
    'verify.within',
    '"1 minute" is not a duration: write a whole number with ms, s, m, h or d, for example 30s',
  ],
  ['verify: { within: 0s }', 'verify.within', 'must be at least 1s, not "0s"'],
  ['verify: { within: 400d }', 'verify.within', '"400d" is too long: at most 365d'],
  ['verify: 60s', 'verify', 'must be a mapping of keys to values, not text'],
  ['verify:', 'verify', 'is empty: give it a mapping of keys to values'],
  ['threshold: 120', 'threshold', 'must be a percentage from 1 to 100, not 120'],
  ['threshold: 90%', 'threshold', 'must be a percentage from 1 to 100, not "90%"'],
  ['threshold: .nan', 'threshold', 'must be a percentage, not .nan or .inf'],
  ['threshold: yes', 'threshold', 'must be a percentage from 1 to 100, not "yes"'],
  ['threshold: true', 'threshold', 'must be a percentage, not true or false'],
  [
    'verify: { healthy_below: 95 }',
    'verify.healthy_below',
    'must not be above `threshold` (90): a pool could be exhausted and healthy at once',
  ],
  [
    'detect: { above: 80, warn: 80 }',
    'detect.warn',
    'must be below `detect.above` (80): the warning comes before the incident',
  ],
  [
    'channel: #backend',
    'channel',
    'is empty: write the channel in quotes, "#incidents", for # begins a comment',
  ],
  [
    'channel: backend',
    'channel',
    'must be a channel by name, such as "#incidents" in lower case, or by its id (C…), not "backend"',
  ],
  ['prometheus: { url: "http://169.254.169.254:9090" }', 'prometheus.url', LINK_LOCAL],
  ['logs: { loki: { url: "http://[fe80::1]:3100", query: "{}" } }', 'logs.loki.url', LINK_LOCAL],
  ['restart: { webhook: { url: "http://2852039166/", secret: s } }', 'restart.webhook.url', LINK_LOCAL],
  ['pool_size: { webhook: { url: "http://metadata/", secret: s } }', 'pool_size.webhook.url', LINK_LOCAL],
  [
    'prometheus: { url: "http://localhost", allow_link_local: 1 }',
    'prometheus.allow_link_local',
    'must be true or false, not a number',
  ],
  ['logs: { docker: a, file: b }', 'logs', 'takes only one of `docker` and `file`'],
  ['logs: { lines: 5 }', 'logs', 'needs one of `docker`, `loki`, `kubernetes` or `file`'],
  ['logs: { dokcer: a }', 'logs.dokcer', 'unknown key `dokcer`; did you mean `docker`?'],
  ['logs: { docker: -x }', 'logs.docker', 'must be the name or id of a container, not "-x"'],
  ['logs: { loki: { url: "http://l", query: " " } }', 'logs.loki.query', 'must not be blank'],
  ['restart: {}', 'restart', 'needs one of `docker`, `kubernetes` or `webhook`'],
  [
    'restart: { kubernetes: { namespace: Shop, deployment: x } }',
    'restart.kubernetes.namespace',
    'must be a Kubernetes name (lower-case letters, digits, - and .), not "Shop"',
  ],
  [
    'restart: { webhook: { url: "ftp://x", secret: s } }',
    'restart.webhook.url',
    'must be a URL that begins with http:// or https://',
  ],
  ['restart: { webhook: { url: "http://x" } }', 'restart.webhook.secret', 'is missing: give it a secret'],
  [
    'pool_size: { pgbouncer: "postgres://x", raise_by: 0% }',
    'pool_size.raise_by',
    'must be a share from 1% to 900% or a number of connections, not "0%"',
  ],
  [
    'prometheus: { url: "http://p", bearer_token: a, basic_auth: { username: u, password: p } }',
    'prometheus',
    'takes only one of `bearer_token` and `basic_auth`',
  ],
  ['links: { dashboard: grafana }', 'links.dashboard', 'must be a URL that begins with http:// or https://'],
  ['recycle: 10s', 'recycle', 'must be at least 1m, not "10s"'],
  ['runbook: [a]', 'runbook', 'must be a path, not a list'],
  [
    'application: 5',
    'application',
    'must be an application_name in quotes: without them YAML takes it for a number',
  ],
];

/** Whole files, and what they get. */
const FILE_FAULTS: readonly (readonly [text: string, path: string, line: number, message: string])[] = [
  ['', 'pools', 1, 'is missing: give it a list'],
  ['- a', 'lifeguard.yaml', 1, 'must be a mapping of keys to values, not a list'],
  [`${POOL}pool: x`, 'pool', 5, 'unknown key `pool`; did you mean `pools`?'],
  [`${POOL}slack: { chanel: x }`, 'slack.chanel', 5, 'unknown key `chanel`; did you mean `channel`?'],
  [`${POOL}access: { responders: S1 }`, 'access.responders', 5, 'must be a list, not text'],
  [
    `${POOL}access:\n  approvers:\n    - U1\n    - alice`,
    'access.approvers[1]',
    8,
    'must be a Slack id, not "alice": a user\'s begins with U or W (their profile, ⋮, Copy member ID), a group\'s with S (People, User groups, the group, ⋮, Copy group ID)',
  ],
  [
    `${POOL}access: { two_person: [restrat] }`,
    'access.two_person[0]',
    5,
    '"restrat" is not an action; did you mean `restart`?',
  ],
  [`${POOL}slack: {}\nslack: {}`, 'slack', 6, 'is given twice: keep one of them'],
  [
    'pools:\n  - match: { a: b }\n    database_url: postgres://h',
    'pools[0].name',
    2,
    'is missing: give it text',
  ],
  [
    'pools:\n  - name: Orders DB\n    match: { a: b }\n    database_url: postgres://h',
    'pools[0].name',
    2,
    'must be made of lower-case letters, digits, - and _, not "Orders DB"',
  ],
  [
    'pools:\n  - name: a\n    match: {}\n    database_url: postgres://h',
    'pools[0].match',
    3,
    'must name at least one label, or every alert would belong to this pool',
  ],
  [
    'pools:\n  - name: a\n    match: { port: 5432 }\n    database_url: postgres://h',
    'pools[0].match.port',
    3,
    'must be text in quotes: without them YAML takes it for a number',
  ],
  [
    'pools:\n  - name: a\n    match: { a-b: c }\n    database_url: postgres://h',
    'pools[0].match.a-b',
    3,
    'must be the name of a label: letters, digits and _',
  ],
  [
    'pools:\n  - name: a\n    match: { a: b }\n    database_url: mysql://u:hush@h',
    'pools[0].database_url',
    4,
    'must be a connection string: postgres://user:password@host:5432/database (with special characters of the password percent-encoded)',
  ],
  [
    `${POOL}  - { name: orders, match: { a: b }, database_url: "postgres://h" }`,
    'pools[1].name',
    5,
    '"orders" is also the name of pools[0]: give each pool its own',
  ],
  [
    `${POOL}  - { name: other, match: { datname: catalytic_db }, database_url: "postgres://h" }`,
    'pools[1].match',
    5,
    'has the same labels as pools[0]: an alert could belong to either',
  ],
  [`${POOL}escalation: {}`, 'escalation.levels', 5, 'is missing: give it a list'],
  [`${POOL}escalation: { levels: [] }`, 'escalation.levels', 5, 'must name at least one level'],
  [
    `${POOL}${LEVELS}    - { name: Third, after: 1m }`,
    'escalation.levels[2].after',
    9,
    'must not be sooner than escalation.levels[1] (5m), the level before it',
  ],
  [
    `${POOL}${LEVELS}    - { name: First, after: 6m }`,
    'escalation.levels[2].name',
    9,
    '"First" is also the name of escalation.levels[0]: give each level its own',
  ],
  [
    `${POOL}${LEVELS}    - { name: Third, after: 6m, unless: acked }`,
    'escalation.levels[2].unless',
    9,
    '"acked" is not a state that makes a level unnecessary; known are `acknowledged`, `root_cause_identified`, `mitigated`, `resolved`',
  ],
  [
    `${POOL}${LEVELS}  at_once: { data_corruption: 3 }`,
    'escalation.at_once.data_corruption',
    9,
    'there is no level 3: there are 2 levels',
  ],
  [
    `${POOL}${LEVELS}  at_once: { fix_failed: soon }`,
    'escalation.at_once.fix_failed',
    9,
    'must be the number of a level, from 1, or `next`, not "soon"',
  ],
  [
    `${POOL}${LEVELS}  at_once: { data_coruption: 1 }`,
    'escalation.at_once.data_coruption',
    9,
    'unknown key `data_coruption`; did you mean `data_corruption`?',
  ],
  [
    `${POOL}escalation: { levels: [{ name: A, after: 0m, page: {} }] }`,
    'escalation.levels[0].page',
    5,
    'needs one of `routing_key` or `escalation_level`',
  ],
  [
    `${POOL}${LEVELS}    - { name: C, after: 9m, page: { routing_key: a, escalation_level: 2 } }`,
    'escalation.levels[2].page',
    9,
    'takes only one of `routing_key` and `escalation_level`',
  ],
  [
    `${POOL}${LEVELS}    - { name: C, after: 9m, page: { fallback_routing_key: a, escalation_level: 2 } }`,
    'escalation.levels[2].page.fallback_routing_key',
    9,
    'belongs beside `routing_key`, not beside `escalation_level`',
  ],
  [
    `${POOL}escalation: { levels: [{ name: A, after: 0m, page: { escalation_level: 1 } }] }`,
    'escalation.levels[0].page.escalation_level',
    5,
    'needs a level before it with `page: { routing_key: … }`: that opens the PagerDuty incident which is moved up here',
  ],
  [
    `${POOL}    escalation:\n      levels:\n        - { name: A, after: 5m }\n        - { name: B, after: 1m }`,
    'pools[0].escalation.levels[1].after',
    8,
    'must not be sooner than pools[0].escalation.levels[0] (5m), the level before it',
  ],
  [
    `${POOL}watchdog: {}`,
    'watchdog.every',
    5,
    'is missing: give it a duration with its unit, such as 30s or 5m',
  ],
  [
    `${POOL}watchdog: { every: 5m, page: { routing_key: k, escalation_level: 1 } }`,
    'watchdog.page.escalation_level',
    5,
    'unknown key `escalation_level`; known are `routing_key`, `fallback_routing_key`',
  ],
  [`${POOL}heartbeat: { url: x }`, 'heartbeat.url', 5, 'must be a URL that begins with http:// or https://'],
];

/** With the REST API configured, so that a case has its own fault alone. */
const ENV = { PAGERDUTY_API_TOKEN: 'token' };

describe('a fault', () => {
  test.each(POOL_FAULTS)('of a pool, %s, is told with its path, line and mend', (lines, path, message) => {
    expect(onlyFault(`${POOL}    ${lines}\n`)).toEqual({ path: `pools[0].${path}`, line: 5, message });
  });

  test.each(FILE_FAULTS)(
    'of the file, case %#, is told with its path, line and mend',
    (text, path, line, message) => {
      expect(faultsOf(text, ENV)).toEqual([{ path, line, message }]);
    },
  );

  test('of a missing variable is told alone, for there is no value yet that could be wrong', () => {
    const text = `${POOL}    threshold: \${NOPE}\n    verify: { within: \${NOPE} }\n`;
    expect(faultsOf(text).map(({ path, message }) => [path, message])).toEqual([
      ['pools[0].threshold', expect.stringContaining('the variable NOPE is not set or empty')],
      ['pools[0].verify.within', expect.stringContaining('the variable NOPE is not set or empty')],
    ]);
  });

  test('of a value from the environment names the variable instead of the value', () => {
    const fault = onlyFault(`${POOL}    verify: { within: "\${A}\${B}" }\n`, { A: 'hush', B: '-hush' });
    expect(fault?.message).toBe(
      'the value of ${A} and ${B} is not a duration: write a whole number with ms, s, m, h or d, for example 30s',
    );
  });

  test('of a level that is moved by REST names the variables that REST needs', () => {
    const text = `${POOL}${LEVELS}    - { name: C, after: 9m, page: { escalation_level: 3 } }`;
    expect(onlyFault(text)).toEqual({
      path: 'escalation.levels[2].page.escalation_level',
      line: 9,
      message:
        'needs the variables PAGERDUTY_API_TOKEN and PAGERDUTY_FROM_EMAIL, for PagerDuty is asked by REST',
    });
    expect(faultsOf(text, ENV)).toEqual([]);
  });

  test('of levels that are all moved, with no page before to move, is told at each', () => {
    const levels =
      '[{ name: A, after: 0m }, { name: B, after: 1m, page: &p { escalation_level: 1 } }, { name: C, after: 2m, page: *p }]';
    expect(faultsOf(`${POOL}escalation: { levels: ${levels} }`, ENV).map(({ path }) => path)).toEqual([
      'escalation.levels[1].page.escalation_level',
      'escalation.levels[2].page.escalation_level',
    ]);
  });

  test('with a long value quotes its beginning', () => {
    const fault = onlyFault(`${POOL}    threshold: "${'x'.repeat(500)}"\n`);
    expect(fault?.message.length).toBeLessThan(120);
  });
});

describe('all faults', () => {
  const FAULTY = CONTRACT.replace('approval_ttl: 10m', 'approval_ttl: 10')
    .replace('threshold: 90 ', 'thresold: 90')
    .replace('within: 60s', 'within: a while')
    .replace('after: 15m', 'after: 1m')
    .replace('data_corruption: 4', 'data_corruption: 7')
    .replace('restart: { docker: catalytic-api }', 'restart: { docker: x, webhook: { url: 5 } }');

  test('are told at once, in the order of the file', () => {
    const { PD_L4: _, ...env } = CONTRACT_ENV;
    const faults = faultsOf(FAULTY, env);
    expect(faults.map(({ path }) => path)).toEqual([
      'access.approval_ttl',
      'pools[0].thresold',
      'pools[0].restart.webhook.url',
      'pools[0].restart.webhook.secret',
      'pools[0].restart',
      'pools[0].verify.within',
      'escalation.levels[2].after',
      'escalation.levels[3].page.routing_key',
      'escalation.at_once.data_corruption',
    ]);
    const lines = faults.map(({ line }) => line ?? 0);
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
  });

  test('name a link-local address of the heartbeat, unless it is allowed', () => {
    const at = (more: string) => `${POOL}heartbeat: { url: "http://169.254.169.254/x"${more} }`;
    expect(onlyFault(at(''))).toMatchObject({ path: 'heartbeat.url', message: LINK_LOCAL });
    expect(parseConfig(at(', allow_link_local: true')).config.heartbeat).toMatchObject({
      allowLinkLocal: true,
    });
  });

  test('are in the message of the error, a line each', () => {
    try {
      parseConfig(FAULTY, CONTRACT_ENV);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      const { message, faults } = error as ConfigError;
      expect(faults).toHaveLength(8);
      expect(message.split('\n')).toHaveLength(9);
      expect(message).toContain(
        '8 faults in the configuration:\n  line 8: access.approval_ttl: must be a duration',
      );
    }
  });
});
