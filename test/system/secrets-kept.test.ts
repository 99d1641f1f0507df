import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startSlackStandIn } from '../../src/console/server.ts';
import { freePort } from '../support/daemon.ts';
import { eventually, GROUPS, isParent, notification, PEOPLE } from '../support/lifeguard.ts';
import { FROM_EMAIL } from '../support/pagerduty/account.ts';
import { FAULT } from '../support/pagerduty/faults.ts';
import { startPagerDuty } from '../support/pagerduty/start.ts';
import { testDatabase } from '../support/postgres.ts';
import { runCli, startCli } from '../support/process.ts';

// The program is started twice, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

/** One of each, and none that looks like a secret by its form: only that it is known can hide it. */
const SECRET = {
  botToken: 'quillon-bot',
  appToken: 'quillon-app',
  signing: 'quillon-signing',
  webhookToken: 'quillon-alertmanager',
  pool: 'quillon pool/@:%',
  pgbouncer: 'quillon-bouncer',
  redis: 'quillon-redis',
  prometheus: 'quillon-prometheus',
  loki: 'quillon-loki',
  restart: 'quillon-restart',
  poolSize: 'quillon-size',
  heartbeat: 'quillon-heartbeat',
  apiToken: 'quillon-rest',
  pdWebhook: 'quillon-pd-webhook',
  routing: 'quillon-routing-key-of-32-letters',
  fallback: 'quillon-fallback-key-32-letters-',
  watchdog: 'quillon-watchdog-key-32-letters-',
} as const;

/** A server that lets nobody in and throws back at them what they sent: header, path and all. */
async function mirror(status: number): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const error = `${request.url} is not for ${request.headers.authorization}`;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status: 'error', errorType: 'execution', error }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** Every row of every table of the store, as text. */
async function everythingIn(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    expect(tables.length).toBeGreaterThan(5);
    let text = '';
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t`);
      text += rows.map(({ row }) => row).join('\n');
    }
    return text;
  } finally {
    await client.end();
  }
}

test('whatever refuses a secret, it is in no line, in no row of the store and in no message', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-secrets-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const database = await testDatabase({ store: true });
  onTestFinished(() => database.drop());
  const slack = await startSlackStandIn({
    users: Object.values(PEOPLE).map((id) => ({ id, real_name: id })),
    groups: GROUPS,
    channels: ['incidents'],
    botToken: SECRET.botToken,
    signingSecret: SECRET.signing,
  });
  onTestFinished(() => slack.stop());
  const pagerduty = await startPagerDuty();
  onTestFinished(() => pagerduty.stop());
  // It repeats the key that it does not know, and the token that it does not take.
  pagerduty.faults.whenever(({ path, headers, body }) =>
    path.endsWith('/enqueue')
      ? FAULT.answer(400, {
          status: 'invalid event',
          message: 'Event object is invalid',
          errors: [String(body)],
        })
      : FAULT.answer(401, { error: { message: `not with ${headers.authorization}`, code: 2006 } }),
  );
  const prometheus = await mirror(401);
  const loki = await mirror(400);
  const server = new URL(database.url);

  await writeFile(
    join(folder, 'lifeguard.yaml'),
    `slack: { channel: "#incidents" }
access: { responders: [S0ONCALL], approvers: [S0DBA] }
pools:
  - name: orders
    match: { datname: catalytic_db }
    database_url: \${POOL_URL}
    prometheus: { url: "${prometheus.url}", bearer_token: "\${PROMETHEUS_TOKEN}" }
    logs: { loki: { url: "${loki.url}", query: "{}", basic_auth: { username: me, password: "\${LOKI_PASSWORD}" } } }
    restart: { webhook: { url: "http://127.0.0.1:1/", secret: "\${RESTART_SECRET}" } }
    pool_size: { pgbouncer: "\${BOUNCER_URL}" }
  - name: users
    match: { datname: users }
    database_url: \${POOL_URL}
    pool_size: { webhook: { url: "http://127.0.0.1:1/", secret: "\${SIZE_SECRET}" } }
escalation:
  levels:
    - { name: First, after: 0m, page: { routing_key: "\${ROUTING}", fallback_routing_key: "\${FALLBACK}" } }
watchdog: { every: 5s, page: { routing_key: "\${WATCHDOG}" } }
heartbeat: { url: "\${HEARTBEAT_URL}", every: 5s }
`,
  );
  const port = await freePort();
  const files = {
    SLACK_BOT_TOKEN: SECRET.botToken,
    ALERTMANAGER_WEBHOOK_TOKEN: SECRET.webhookToken,
    PAGERDUTY_API_TOKEN: SECRET.apiToken,
    PROMETHEUS_TOKEN: SECRET.prometheus,
    ROUTING: SECRET.routing,
  };
  const env: Record<string, string> = {
    PORT: String(port),
    LOG_LEVEL: 'debug',
    DATABASE_URL: database.url,
    SLACK_API_URL: slack.apiUrl,
    SLACK_SIGNING_SECRET: SECRET.signing,
    PAGERDUTY_EVENTS_SERVER: pagerduty.server,
    PAGERDUTY_API_SERVER: pagerduty.server,
    PAGERDUTY_FROM_EMAIL: FROM_EMAIL,
    PAGERDUTY_WEBHOOK_SECRET: SECRET.pdWebhook,
    NODE_EXTRA_CA_CERTS: pagerduty.caPath,
    // A user that the server does not know.
    POOL_URL: `postgres://nobody:${encodeURIComponent(SECRET.pool)}@${server.host}/postgres`,
    BOUNCER_URL: `postgres://nobody:${SECRET.pgbouncer}@127.0.0.1:1/pgbouncer`,
    LOKI_PASSWORD: SECRET.loki,
    RESTART_SECRET: SECRET.restart,
    SIZE_SECRET: SECRET.poolSize,
    FALLBACK: SECRET.fallback,
    WATCHDOG: SECRET.watchdog,
    HEARTBEAT_URL: `http://127.0.0.1:1/${SECRET.heartbeat}`,
  };
  for (const [name, secret] of Object.entries(files)) {
    await writeFile(join(folder, name), `${secret}\n`);
    env[`${name}_FILE`] = name;
  }

  // Slack takes messages, and no files, for which it blames the token.
  slack.api.faults = (method) =>
    method.startsWith('files.') ? { kind: 'error', error: 'invalid_auth' } : undefined;
  const program = startCli(['serve'], { cwd: folder, env });
  onTestFinished(() => program.kill('SIGKILL'));
  await program.prints(/"ready"/);
  const at = `http://127.0.0.1:${port}`;
  const post = (path: string, headers: Record<string, string>, body: object) =>
    fetch(`${at}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const alert = notification({ startsAt: new Date() });
  const pressed = { 'x-slack-request-timestamp': String(Math.floor(Date.now() / 1_000)) };
  expect([
    // Wrong by one character, by the other scheme, and by all of it.
    (await post('/webhooks/alertmanager', { authorization: `Bearer ${SECRET.webhookToken}x` }, alert)).status,
    (await post('/webhooks/alertmanager', { authorization: SECRET.webhookToken }, alert)).status,
    (await post('/webhooks/pagerduty', { 'x-pagerduty-signature': `v1=${'a'.repeat(64)}` }, {})).status,
    (await post('/slack/events', { ...pressed, 'x-slack-signature': `v0=${'a'.repeat(64)}` }, {})).status,
    (await post('/webhooks/alertmanager', { authorization: `Bearer ${SECRET.webhookToken}` }, alert)).status,
  ]).toEqual([401, 401, 401, 401, 200]);
  const messages = () => slack.workspace.messages(slack.workspace.channel('incidents')?.id ?? '');
  await eventually(() => messages().find(isParent), 'the thread');
  await eventually(() => (prometheus.asked.length > 0 && loki.asked.length > 0) || undefined, 'both asked');
  let stored = '';
  await eventually(async () => {
    stored = await everythingIn(database.url);
    return /Event object is invalid/.test(stored) && /invalid_auth/.test(stored) ? true : undefined;
  }, 'the refusals in the store');
  await eventually(() => messages().length > 6 || undefined, 'what the thread tells of it');
  program.kill('SIGTERM');
  expect((await program.ended).code).toBe(0);

  const socket = { ...env, SLACK_APP_TOKEN: SECRET.appToken, SLACK_SIGNING_SECRET: '' };
  const redis = { REDIS_URL: `redis://:${SECRET.redis}@127.0.0.1:1` };
  const checked = await runCli(['check'], { cwd: folder, env: { ...socket, ...redis } });
  expect(checked.code).toBe(1);
  for (const subject of [
    'queue',
    'slack socket mode',
    'pool orders',
    'pool orders prometheus',
    'pagerduty',
  ]) {
    expect(checked.stdout).toContain(`FAIL  ${subject}: `);
  }

  const places = {
    stdout: program.stdout(),
    stderr: program.stderr(),
    check: checked.stdout + checked.stderr,
    store: stored,
    slack: JSON.stringify(slack.api.calls.map(({ method, args }) => [method, args])),
  };
  const secrets = { ...SECRET, store: server.password, poolEncoded: encodeURIComponent(SECRET.pool) };
  for (const [place, text] of Object.entries(places)) {
    for (const [name, secret] of Object.entries(secrets)) {
      expect(text.includes(secret), `${name} in the ${place}: ${around(text, secret)}`).toBe(false);
    }
  }
});

/** What stands before and after it, for whoever has to find out. */
function around(text: string, secret: string): string {
  const at = text.indexOf(secret);
  return at < 0 ? '' : text.slice(Math.max(0, at - 300), at + 100);
}
