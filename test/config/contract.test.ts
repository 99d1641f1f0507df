import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/index.ts';
import { CONTRACT, CONTRACT_ENV, POOL } from './sample.ts';

describe('the configuration of the contract', () => {
  test('is read to the letter', () => {
    const { config, warnings } = parseConfig(CONTRACT, CONTRACT_ENV);
    expect(warnings).toEqual([]);
    expect(config).toEqual({
      slack: { channel: '#incidents' },
      access: {
        responders: ['S0ONCALL'],
        approvers: ['S0DBA', 'U0ALICE'],
        twoPerson: ['restart', 'pool_size'],
        approvalTtlMs: 600_000,
      },
      reopenWithinMs: 1_800_000,
      pools: [
        {
          name: 'orders',
          match: { datname: 'catalytic_db' },
          databaseUrl: CONTRACT_ENV.ORDERS_DATABASE_URL,
          application: 'catalytic-api',
          channel: '#backend-team',
          threshold: 90,
          recycleMs: 3_600_000,
          detect: { above: 90, forMs: 300_000, warn: 75 },
          prometheus: {
            url: 'http://localhost:9090',
            timeoutMs: 5_000,
            active: 'database_connections_active',
            idle: 'database_connections_idle',
            max: 'database_connections_max',
            requestRate: 'rate(http_requests_total[5m])*60',
            requestRateBaseline: 'api:request_rate:avg1h',
          },
          logs: { docker: 'catalytic-api', lines: 500 },
          restart: { docker: 'catalytic-api' },
          poolSize: {
            pgbouncer: CONTRACT_ENV.PGBOUNCER_ADMIN_URL,
            raiseBy: { percent: 50 },
            revertAfterMs: 1_800_000,
          },
          verify: { withinMs: 60_000, healthyBelow: 80 },
          links: {
            dashboard: 'http://localhost:3000/d/catalytic-security-overview',
            alerts: 'http://localhost:9090/alerts',
          },
          runbook: 'runbooks/database-connection-pool-exhaustion.md',
        },
      ],
      escalation: {
        hotline: '+1 555 0100',
        levels: [
          {
            name: 'On-call engineer',
            afterMs: 0,
            channel: '#backend-team',
            page: { routingKey: CONTRACT_ENV.PD_L1 },
          },
          {
            name: 'Database administrator',
            afterMs: 300_000,
            unless: 'acknowledged',
            channel: '#database-team',
            page: { routingKey: CONTRACT_ENV.PD_L2 },
          },
          {
            name: 'Infrastructure lead',
            afterMs: 900_000,
            unless: 'root_cause_identified',
            channel: '#infrastructure',
            page: { routingKey: CONTRACT_ENV.PD_L3 },
          },
          { name: 'CTO', afterMs: 1_800_000, unless: 'resolved', page: { routingKey: CONTRACT_ENV.PD_L4 } },
        ],
        atOnce: { data_corruption: 4, database_unresponsive: 2, multiple_services: 3, fix_failed: 'next' },
      },
    });
  });
});

describe('what is left out', () => {
  test('has its default; responders are every member, approvers nobody', () => {
    expect(parseConfig(POOL).config).toEqual({
      slack: { channel: '#incidents' },
      access: { approvers: [], twoPerson: [], approvalTtlMs: 600_000 },
      reopenWithinMs: 1_800_000,
      pools: [
        {
          name: 'orders',
          match: { datname: 'catalytic_db' },
          databaseUrl: 'postgres://db.example.com/catalytic_db',
          threshold: 90,
          recycleMs: 3_600_000,
          verify: { withinMs: 60_000, healthyBelow: 80 },
          links: {},
        },
      ],
      escalation: { levels: [], atOnce: {} },
    });
  });

  test('follows the threshold where that says more', () => {
    const [pool] = parseConfig(`${POOL}    threshold: 70\n    detect: {}\n`).config.pools;
    expect(pool?.detect).toEqual({ above: 70, forMs: 300_000 });
    expect(pool?.verify.healthyBelow).toBe(70);
  });

  test('no responders at all is nobody, not everybody', () => {
    expect(parseConfig(`${POOL}access: { responders: [] }`).config.access.responders).toEqual([]);
  });
});

describe('the other ways to write it', () => {
  const pool = (lines: string, env = {}) => parseConfig(`${POOL}    ${lines}\n`, env).config.pools[0];

  test.each([
    [
      'logs: { loki: { url: "http://loki:3100", query: "{app=x}", tenant: t, bearer_token: b }, lines: 20 }',
      { loki: { url: 'http://loki:3100', query: '{app=x}', tenant: 't', bearerToken: 'b' }, lines: 20 },
    ],
    [
      'logs: { kubernetes: { namespace: shop, selector: app=orders } }',
      { kubernetes: { namespace: 'shop', selector: 'app=orders' }, lines: 500 },
    ],
    ['logs: { file: /var/log/orders.log }', { file: '/var/log/orders.log', lines: 500 }],
  ])('%s', (lines, logs) => {
    expect(pool(lines)?.logs).toEqual(logs);
  });

  test.each([
    [
      'restart: { kubernetes: { namespace: shop, deployment: orders } }',
      { kubernetes: { namespace: 'shop', deployment: 'orders' } },
    ],
    [
      'restart: { webhook: { url: "https://x.example.com/r", secret: s } }',
      { webhook: { url: 'https://x.example.com/r', secret: 's', timeoutMs: 10_000 } },
    ],
  ])('%s', (lines, restart) => {
    expect(pool(lines)?.restart).toEqual(restart);
  });

  test.each([
    [
      'pool_size: { kubernetes: { namespace: shop, deployment: orders }, raise_by: 10 }',
      {
        kubernetes: {
          namespace: 'shop',
          deployment: 'orders',
          env: ['SQLALCHEMY_POOL_SIZE', 'SQLALCHEMY_MAX_OVERFLOW'],
        },
        raiseBy: { connections: 10 },
        revertAfterMs: 1_800_000,
      },
    ],
    [
      'pool_size: { webhook: { url: "https://x.example.com/p", secret: s, timeout: 2s }, revert_after: 1h }',
      {
        webhook: { url: 'https://x.example.com/p', secret: 's', timeoutMs: 2_000 },
        raiseBy: { percent: 50 },
        revertAfterMs: 3_600_000,
      },
    ],
  ])('%s', (lines, poolSize) => {
    expect(pool(lines)?.poolSize).toEqual(poolSize);
  });

  test('Prometheus by basic auth, with metrics of the runbook by default', () => {
    const lines = 'prometheus: { url: "http://p:9090", basic_auth: { username: u, password: "${P}" } }';
    expect(pool(lines, { P: 'hush' })?.prometheus).toEqual({
      url: 'http://p:9090',
      basicAuth: { username: 'u', password: 'hush' },
      timeoutMs: 5_000,
      active: 'database_connections_active',
      idle: 'database_connections_idle',
      max: 'database_connections_max',
    });
  });

  test('numbers and durations from variables', () => {
    const found = pool('threshold: ${T}\n    verify: { within: ${W} }', { T: '85.5', W: '90s' });
    expect(found?.threshold).toBe(85.5);
    expect(found?.verify.withinMs).toBe(90_000);
  });

  test('pages by REST, a second key, a dead man’s switch and a heartbeat', () => {
    const { config } = parseConfig(
      `${POOL}
escalation:
  levels:
    - { name: A, after: 0m, page: { routing_key: k1, fallback_routing_key: k2 } }
    - { name: B, after: 5m, unless: mitigated, page: { escalation_level: 2 } }
watchdog: { every: 6m, page: { routing_key: k3 } }
heartbeat: { url: "https://monitor.example.com/ping/1" }
`,
      { PAGERDUTY_API_TOKEN: 'token' },
    );
    expect(config.escalation.levels.map(({ page }) => page)).toEqual([
      { routingKey: 'k1', fallbackRoutingKey: 'k2' },
      { escalationLevel: 2 },
    ]);
    expect(config.watchdog).toEqual({
      everyMs: 360_000,
      graceMs: 60_000,
      alertname: 'Watchdog',
      page: { routingKey: 'k3' },
    });
    expect(config.heartbeat).toEqual({
      url: 'https://monitor.example.com/ping/1',
      everyMs: 60_000,
      method: 'get',
    });
  });
});

describe('what is allowed but hardly meant', () => {
  test.each([
    ['pools: []', 'pools: is empty, so no alert belongs to a pool and nothing can be mended'],
    [POOL, 'access.approvers: names nobody, so no remedy can be approved'],
    [POOL, 'escalation: is left out, so nobody is brought in when an incident is not taken care of'],
    [
      `${POOL}access: { approvers: [U1], two_person: [restart] }`,
      'access.two_person: asks for two approvers, but access.approvers names only one person',
    ],
    [
      `${POOL}escalation: { levels: [{ name: A, after: 0m, page: { routing_key: short } }] }`,
      "escalation.levels[0].page.routing_key: has 5 characters; PagerDuty's keys have 32",
    ],
  ])('%#: is told', (text, warning) => {
    expect(parseConfig(text).warnings).toContain(warning);
  });

  test('is told of each secret that is written out, by its place alone', () => {
    const warningsOf = (secret: string, env = {}) =>
      parseConfig(
        `pools:
  - name: orders
    match: { secret: label }
    database_url: postgres://me:${secret}@db/orders
    prometheus: { url: "http://me:${secret}@p", bearer_token: "${secret}" }
    logs: { loki: { url: "http://l", query: "{}", basic_auth: { username: me, password: "${secret}" } } }
    restart: { webhook: { url: "http://w", secret: "${secret}" } }
    pool_size: { pgbouncer: "postgres://me:${secret}@b/pgbouncer" }
escalation: { levels: [{ name: A, after: 0m, page: { routing_key: "${secret}" } }] }
`,
        env,
      ).warnings.filter((warning) => warning.includes('written out'));
    const told = warningsOf('hush');
    expect(told.map((warning) => warning.slice(0, warning.indexOf(':')))).toEqual([
      'pools[0].database_url',
      'pools[0].prometheus.url',
      'pools[0].prometheus.bearer_token',
      'pools[0].logs.loki.basic_auth.password',
      'pools[0].restart.webhook.secret',
      'pools[0].pool_size.pgbouncer',
      'escalation.levels[0].page.routing_key',
    ]);
    expect(told.join()).not.toContain('hush');
    expect(warningsOf('${SECRET}', { SECRET: 'hush' })).toEqual([]);
  });
});
