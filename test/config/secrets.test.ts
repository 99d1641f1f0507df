import { expect, test } from 'vitest';
import { loadConfig, secretsOf } from '../../src/config/index.ts';

const FILE = `
pools:
  - name: a
    match: { a: a }
    database_url: postgres://u:hush-01@h/d
    prometheus: { url: "http://u:hush-02@p", bearer_token: hush-03 }
    logs: { loki: { url: "http://l", query: q, basic_auth: { username: u, password: hush-04 } } }
    restart: { webhook: { url: "http://u:hush-05@r", secret: hush-06 } }
    pool_size: { pgbouncer: "postgres://u:hush-07@h:6432/pgbouncer" }
    escalation: { levels: [{ name: A, after: 0m, page: { routing_key: hush-08, fallback_routing_key: hush-09 } }] }
  - name: b
    match: { b: b }
    database_url: \${B}
    pool_size: { webhook: { url: "http://w", secret: hush-11 } }
escalation:
  levels:
    - { name: A, after: 0m, page: { routing_key: hush-12 } }
    - { name: B, after: 1m, page: { escalation_level: 2 } }
watchdog: { every: 5m, page: { routing_key: hush-13, fallback_routing_key: hush-14 } }
heartbeat: { url: "https://monitor.example.com/hush-15" }
`;

const ENV = {
  B: 'postgres://u:hush-10@h/d',
  DATABASE_URL: 'postgres://u:hush-16@h/d',
  REDIS_URL: 'redis://:hush-17@h',
  SLACK_BOT_TOKEN: 'hush-18',
  SLACK_SIGNING_SECRET: 'hush-19',
  SLACK_APP_TOKEN: 'hush-20',
  ALERTMANAGER_WEBHOOK_TOKEN: 'hush-21',
  PAGERDUTY_API_TOKEN: 'hush-22',
  PAGERDUTY_FROM_EMAIL: 'bot@example.com',
  PAGERDUTY_WEBHOOK_SECRET: 'hush-23,hush-24',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'https://u:hush-25@collector',
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20hush-26',
};

test('every secret of the environment and the file is among the secrets, and nothing else', () => {
  const { config, environment } = loadConfig({ env: ENV, cwd: '/', readFile: () => FILE });
  const secrets = secretsOf(environment, config);
  const expected = Array.from({ length: 26 }, (_, index) => `hush-${String(index + 1).padStart(2, '0')}`);
  expect(secrets.map((secret) => /hush-\d\d/.exec(secret)?.[0]).sort()).toEqual(expected);
});

test('every secret that is written down is found: the file and the environment hold no other', () => {
  const { config, environment } = loadConfig({ env: ENV, cwd: '/', readFile: () => FILE });
  let text = JSON.stringify({ config, environment });
  for (const secret of secretsOf(environment, config)) text = text.replaceAll(secret, '');
  expect(text).not.toContain('hush');
});

test('without secrets there are none', () => {
  const file = 'pools: []\nheartbeat: { url: "https://m" }';
  const { config, environment } = loadConfig({ env: {}, cwd: '/', readFile: () => file });
  expect(secretsOf(environment, config)).toEqual(['https://m']);
});
