import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { SCOPES } from '../../src/cli/check/scopes.ts';
import { createWorkspace, type StandIn, startSlackStandIn } from '../../src/console/server.ts';
import { migrate } from '../../src/store/migrate.ts';
import { freePort } from '../support/daemon.ts';
import { makeLeastRole } from '../support/least-role.ts';
import { configText, GROUPS, PEOPLE } from '../support/lifeguard.ts';
import { API_TOKEN, FROM_EMAIL, ROUTING_KEYS } from '../support/pagerduty/account.ts';
import { operationOf } from '../support/pagerduty/description.ts';
import { startPagerDuty } from '../support/pagerduty/start.ts';
import { type TestPostgres, testDatabase, testPostgres } from '../support/postgres.ts';
import { runCli } from '../support/process.ts';

const CHANNELS = ['incidents', 'backend-team', 'database-team', 'infrastructure'];

let folder: string;
let patient: TestPostgres;
let slack: StandIn;
let pagerduty: Awaited<ReturnType<typeof startPagerDuty>>;
let database: Awaited<ReturnType<typeof testDatabase>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lifeguard-check-'));
  patient = await testPostgres({ flags: ['-c', 'reserved_connections=2'], unrelated: true });
  const admin = await patient.admin();
  await admin.query(`
    create role stranger login password 'stranger-secret' createrole createdb replication bypassrls;
    grant pg_write_all_data to stranger;
    create table baskets ();
    alter table baskets owner to stranger;
    create table payments ()`);
  await makeLeastRole(admin, 'bot', 'bot-secret');
  slack = await startSlackStandIn({
    users: Object.values(PEOPLE).map((id) => ({ id, real_name: id })),
    groups: GROUPS,
    channels: CHANNELS,
    scopes: Object.keys(SCOPES),
  });
  pagerduty = await startPagerDuty();
  database = await testDatabase();
});

afterAll(async () => {
  await slack?.stop();
  await pagerduty?.stop();
  await patient?.stop();
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

/** A complete environment; single variables can be replaced. */
function environment(changed: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    DATABASE_URL: database.url,
    PATIENT_URL: patient.urlFor({ user: 'bot', password: 'bot-secret' }),
    SLACK_API_URL: slack.apiUrl,
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    ALERTMANAGER_WEBHOOK_TOKEN: 'hush-hush',
    PAGERDUTY_API_SERVER: pagerduty.server,
    PAGERDUTY_EVENTS_SERVER: pagerduty.server,
    NODE_EXTRA_CA_CERTS: pagerduty.caPath,
    ...changed,
  };
}

/** Runs `lifeguard check` on the harness's configuration, edited. */
async function checked(
  changed: Readonly<Record<string, string>> = {},
  edit: (yaml: string) => string = (yaml) => yaml,
) {
  await writeFile(join(folder, 'lifeguard.yaml'), edit(configText({ patientUrl: 'set' })));
  return runCli(['check'], { cwd: folder, env: environment(changed) });
}

test('the scopes that are looked for are those of manifest.yml', async () => {
  const manifest: unknown = parse(await readFile(join(import.meta.dirname, '../../manifest.yml'), 'utf8'));
  expect(manifest).toMatchObject({ oauth_config: { scopes: { bot: Object.keys(SCOPES) } } });
});

describe('lifeguard check', () => {
  test('ends with 0 when everything is as it should be, one line each, in a fixed order', async () => {
    await migrate(database.url);
    const { code, stdout, stderr } = await checked();
    expect(stderr).toBe('');
    expect(stdout.trimEnd().split('\n')).toEqual([
      'ok    configuration: no faults',
      expect.stringMatching(/^ok {4}store: PostgreSQL [\d.]+, schema up to date$/),
      'ok    queue: in the store',
      expect.stringMatching(/^ok {4}slack: .* every scope of manifest.yml is there$/),
      'ok    slack channels: #incidents, #backend-team, #database-team, #infrastructure',
      'ok    slack user groups: S0ONCALL has 3 members',
      'ok    slack user groups: S0DBA has 2 members',
      'ok    alertmanager: ALERTMANAGER_WEBHOOK_TOKEN is set',
      'ok    access: approvers: S0DBA',
      expect.stringMatching(/^ok {4}pool orders: PostgreSQL [\d.]+, pg_monitor, pg_signal_backend$/),
      expect.stringMatching(/^ok {4}pagerduty: 4 levels page/),
    ]);
    expect(code).toBe(0);
  });

  test('names each missing grant with the statement that mends it', async () => {
    const { code, stdout } = await checked({
      PATIENT_URL: patient.urlFor({ user: 'stranger', password: 'stranger-secret' }),
    });
    expect(stdout).toContain(
      'FAIL  pool orders: role stranger cannot see other sessions; run: grant pg_monitor to "stranger";',
    );
    expect(stdout).toContain(
      'FAIL  pool orders: role stranger cannot end other sessions; run: grant pg_signal_backend to "stranger";',
    );
    expect(stdout).toContain('grant pg_use_reserved_connections to "stranger";');
    expect(code).toBe(1);
    const excess = stdout.split('\n').filter((line) => line.includes('more than is needed'));
    expect(excess.map((line) => line.replace(/^warn {2}pool orders: role stranger /, ''))).toEqual([
      expect.stringMatching(/^may create and alter roles .*; run: alter role "stranger" nocreaterole;$/),
      expect.stringMatching(/^may create databases.*; run: alter role "stranger" nocreatedb;$/),
      expect.stringMatching(/^may replicate .*; run: alter role "stranger" noreplication;$/),
      expect.stringMatching(/^passes by row-level security.*; run: alter role "stranger" nobypassrls;$/),
      expect.stringMatching(/^has pg_write_all_data.*; run: revoke pg_write_all_data from "stranger";$/),
      expect.stringMatching(/^owns public.baskets, .*; run: alter table public.baskets owner to/),
      expect.stringMatching(/^may write public.payments, .*; run: revoke insert, .* from "stranger";/),
    ]);
  });

  test('warns of a superuser, and lets it pass', async () => {
    const { code, stdout } = await checked({ PATIENT_URL: patient.url });
    expect(stdout).toContain(
      'warn  pool orders: role lifeguard is a superuser, which is more than is needed; run: alter role "lifeguard" nosuperuser;',
    );
    expect(stdout).not.toContain('may write');
    expect(code).toBe(0);
  });

  test('says when the store is on the server that is to be rescued', async () => {
    const { code, stdout } = await checked({ DATABASE_URL: patient.url });
    expect(stdout).toContain('FAIL  pool orders: the store is on the server to be rescued');
    expect(code).toBe(1);
  });

  test('names the missing scope of a token, what is lost by it, and the mend', async () => {
    const workspace = createWorkspace({ groups: GROUPS, channels: CHANNELS });
    const other = await startSlackStandIn({
      workspace,
      scopes: Object.keys(SCOPES).filter((scope) => scope !== 'usergroups:read'),
    });
    try {
      const { code, stdout } = await checked({ SLACK_API_URL: other.apiUrl });
      expect(stdout).toContain(
        'FAIL  slack: the scope usergroups:read is missing (nobody in a user group may act)',
      );
      expect(stdout).toContain('FAIL  slack user groups: S0DBA cannot be read');
      expect(code).toBe(1);
    } finally {
      await other.stop();
    }
  });

  test('names a channel and a user group that are not there, and a token that is not taken', async () => {
    const { code, stdout } = await checked({}, (yaml) =>
      yaml.replace('"#database-team"', '"#nowhere"').replace('[S0DBA]', '[S0GONE]'),
    );
    expect(stdout).toContain('FAIL  slack channels: there is no #nowhere');
    expect(stdout).toContain('FAIL  slack user groups: there is no user group S0GONE');
    expect(code).toBe(1);
    const forged = await checked({ SLACK_BOT_TOKEN: 'xoxb-forged' });
    expect(forged.stdout).toContain('FAIL  slack: SLACK_BOT_TOKEN is not valid');
    expect(forged.stdout).not.toContain('xoxb-forged');
  });

  test('fails for what makes the bot useless: no approver, no webhook token, a key of the wrong shape', async () => {
    const { code, stdout } = await checked({ ALERTMANAGER_WEBHOOK_TOKEN: '' }, (yaml) =>
      yaml.replace('approvers: [S0DBA]', 'approvers: []').replace(ROUTING_KEYS.L2, 'tooshort'),
    );
    expect(stdout).toContain('FAIL  access: nobody may approve a remedy');
    expect(stdout).toContain('FAIL  alertmanager: ALERTMANAGER_WEBHOOK_TOKEN is not set');
    expect(stdout).toContain(
      'FAIL  pagerduty: escalation.levels[1].page.routing_key (level 2, Database administrator) is no integration key',
    );
    expect(stdout).not.toContain('tooshort');
    expect(code).toBe(1);
  });

  test('names the level whose key PagerDuty does not know, and pages nobody by trying them', async () => {
    const unknown = `${'9'.repeat(31)}x`;
    const { code, stdout } = await checked({}, (yaml) => yaml.replace(ROUTING_KEYS.L3, unknown));
    expect(code).toBe(1);
    expect(stdout).toContain(
      'FAIL  pagerduty: escalation.levels[2].page.routing_key (level 3, Infrastructure lead): PagerDuty answered 400: Invalid routing key',
    );
    expect(stdout).not.toContain(unknown);
    expect(pagerduty.pages.map(({ action, effect }) => `${action} ${effect}`)).toContain('resolve dropped');
    expect(pagerduty.incidents).toEqual([]);
  });

  test('tries the REST token of PagerDuty, and pages nobody', async () => {
    const asked: string[] = [];
    pagerduty.faults.whenever((call) => {
      asked.push(operationOf(call));
      return undefined;
    });
    const good = await checked({ PAGERDUTY_API_TOKEN: API_TOKEN, PAGERDUTY_FROM_EMAIL: FROM_EMAIL });
    expect(good.stdout).toContain(`ok    pagerduty rest: ${pagerduty.server} takes the token`);
    expect(good.code).toBe(0);
    const bad = await checked({ PAGERDUTY_API_TOKEN: 'wrong', PAGERDUTY_FROM_EMAIL: FROM_EMAIL });
    expect(bad.stdout).toContain('FAIL  pagerduty rest: PAGERDUTY_API_TOKEN is refused');
    expect(bad.code).toBe(1);
    expect(asked.filter((operation) => operation !== 'createV2Event')).toEqual([
      'listAbilities',
      'listAbilities',
    ]);
    pagerduty.faults.clear();
    expect(pagerduty.incidents).toEqual([]);
  });

  test('tells of servers that cannot be reached, and never prints a password', async () => {
    const nobody = `127.0.0.1:${await freePort()}`;
    const { code, stdout, stderr } = await checked({
      DATABASE_URL: `postgres://me:store-password@${nobody}/store`,
      PATIENT_URL: `postgres://me:pool-password@${nobody}/pool`,
      REDIS_URL: `redis://:redis-password@${nobody}`,
      SLACK_API_URL: `http://${nobody}/`,
    });
    for (const subject of ['store', 'queue', 'slack', 'slack channels', 'pool orders']) {
      expect(stdout).toMatch(new RegExp(`^FAIL  ${subject}: .*ECONNREFUSED`, 'm'));
    }
    expect(stdout + stderr).not.toMatch(/-password/);
    expect(code).toBe(1);
  });
});
