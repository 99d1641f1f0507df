import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { policyFor } from '../../src/config/lookup.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { type StandIn, startSlackStandIn } from '../../src/console/server.ts';
import type { Policy } from '../../src/incident/policy.ts';
import { Store } from '../../src/store/store.ts';
import { freePort } from '../support/daemon.ts';
import {
  configText,
  eventually,
  type HarnessOptions,
  PEOPLE,
  startHarness,
  WEBHOOK_TOKEN,
} from '../support/lifeguard.ts';
import { connect, testDatabase } from '../support/postgres.ts';
import { type Program, startCli } from '../support/process.ts';
import type { Patient } from './story.ts';

/** An approver whose right is withdrawn now and then. */
export const WANDA = 'U0WANDA';

/** Nothing may stay undone for longer than this; only a fault reaches it. */
const STUCK_MS = 60_000;

/** A Lifeguard to race on, its store and its Slack. */
export interface Stage {
  readonly slack: StandIn;
  readonly store: Store;
  readonly policyOf: (pool: string | undefined) => Policy;
  /** The members of the approvers' group, as Slack would give them if it were asked now. */
  readonly approvers: string[];
  /** Moves the clock; only where Lifeguard runs in the test's own process. */
  readonly advance?: (ms: number) => Promise<void>;
  /** Kills the process, and starts it again. */
  readonly kill?: () => Promise<void>;
  /** Waits until all is done that is not to be done later. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

interface StageOptions {
  readonly patient: Pick<Patient, 'botUrl'>;
  readonly twoPerson?: boolean;
}

interface ProcessOptions extends StageOptions {
  /** Changes the configuration. */
  readonly configure?: (yaml: string) => string;
  /** More of the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Lifeguard in the test's own process, with a clock that is moved. */
export async function stageWithClock({ patient, twoPerson }: StageOptions): Promise<Stage> {
  const approvers: string[] = [PEOPLE.bob, PEOPLE.carol, WANDA];
  const options = harnessOptions(patient, twoPerson);
  const lifeguard = await startHarness({ ...options, slack: { users: users(), groups: groups(approvers) } });
  return {
    slack: lifeguard.slack,
    store: lifeguard.app.store,
    policyOf: policies(configText(options), patient),
    approvers,
    advance: (ms) => lifeguard.fastForward(ms),
    settled: () => settled(lifeguard.app.store),
    stop: () => lifeguard.stop(),
  };
}

/** Lifeguard as a process of its own, which can be killed. */
export async function stageWithProcess({
  patient,
  twoPerson,
  configure = (yaml) => yaml,
  env: more = {},
}: ProcessOptions): Promise<Stage> {
  const approvers: string[] = [PEOPLE.bob, PEOPLE.carol, WANDA];
  const yaml = configure(configText(harnessOptions(patient, twoPerson)));
  const database = await testDatabase({ store: true });
  const slack = await startSlackStandIn({
    users: users(),
    groups: groups(approvers),
    channels: ['incidents', 'backend-team', 'database-team', 'infrastructure'],
  });
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-races-'));
  await writeFile(join(folder, 'lifeguard.yaml'), yaml);
  const port = await freePort();
  slack.setEventsUrl(`http://127.0.0.1:${port}/slack/events`);
  const env = {
    PORT: String(port),
    DATABASE_URL: database.url,
    PATIENT_URL: patient.botUrl,
    SLACK_API_URL: slack.apiUrl,
    SLACK_RATE_LIMITS: 'none',
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    ALERTMANAGER_WEBHOOK_TOKEN: WEBHOOK_TOKEN,
    // Nobody is paged for a remedy that is asked for with no incident open.
    PAGERDUTY_EVENTS_SERVER: '127.0.0.1:9',
    ...more,
  };
  const launch = (): Program => startCli(['serve'], { env, cwd: folder });
  let program = launch();
  const ready = () => program.prints(/"ready"/, STUCK_MS);
  await ready();
  const store = new Store({ url: database.url, connections: 3 });
  return {
    slack,
    store,
    policyOf: policies(yaml, patient),
    approvers,
    async kill() {
      program.kill('SIGKILL');
      await program.ended;
      program = launch();
      await ready();
    },
    settled: () => settled(store),
    async stop() {
      program.kill('SIGKILL');
      await program.ended;
      await store.close();
      await slack.stop();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function harnessOptions({ botUrl }: Pick<Patient, 'botUrl'>, twoPerson = false): HarnessOptions {
  return { patientUrl: botUrl, twoPerson: twoPerson ? ['terminate'] : [] };
}

function users(): { id: string; real_name: string }[] {
  return [...Object.values(PEOPLE), WANDA].map((id) => ({ id, real_name: id }));
}

function groups(approvers: string[]) {
  const onCall = [PEOPLE.alice, PEOPLE.bob, PEOPLE.carol, WANDA];
  return [
    { id: 'S0ONCALL', handle: 'oncall', name: 'On call', users: onCall },
    { id: 'S0DBA', handle: 'dba', name: 'DBAs', users: approvers },
  ];
}

function policies(yaml: string, { botUrl }: Pick<Patient, 'botUrl'>): Stage['policyOf'] {
  const { config } = parseConfig(yaml, { PATIENT_URL: botUrl });
  return (pool) => policyFor(config, pool);
}

/** What was put off is waited for too, only timers are not. */
async function settled(store: Store): Promise<void> {
  await eventually(
    async () => {
      const { rows } = await store.pool.query<{ owed: number }>(
        `select count(*)::int as owed
           from effects
          where status = 'owed'
            and (kind <> 'timer' or due <= clock_timestamp() + $1 * interval '1 ms')`,
        [store.skewMs],
      );
      return rows[0]?.owed === 0 ? true : undefined;
    },
    'nothing owed',
    STUCK_MS,
  );
}

/** A session of the application that tells how it ended. */
export interface Target {
  readonly pid: number;
  /** As the server prints it. */
  readonly backendStart: string;
  /** When the server ended it on somebody's order, by the clock of this process. */
  killedAt(): number | undefined;
  /** Ends by itself. */
  leave(): Promise<void>;
  /** Whether it answers still; a session that was ended and did not know yet knows it then. */
  answers(): Promise<boolean>;
}

/** SQLSTATE `admin_shutdown`: what a backend says last when `pg_terminate_backend` ends it. */
const ADMIN_SHUTDOWN = '57P01';

/** Opens a session of the application's role, in a transaction as a leaked one is. */
export async function openTarget(appUrl: string): Promise<Target> {
  const client = await connect(appUrl);
  let killedAt: number | undefined;
  client.on('error', (error: Error & { code?: string }) => {
    if (error.code === ADMIN_SHUTDOWN) killedAt ??= Date.now();
  });
  await client.query('begin');
  const { rows } = await client.query<{ pid: number; start: string }>(
    'select pid, backend_start::text as start from pg_stat_activity where pid = pg_backend_pid()',
  );
  const [{ pid, start } = { pid: 0, start: '' }] = rows;
  return {
    pid,
    backendStart: start,
    killedAt: () => killedAt,
    leave: () => client.end().catch(() => undefined),
    answers: () =>
      client.query<{ pid: number }>('select pg_backend_pid() as pid').then(
        (answer) => answer.rows[0]?.pid === pid,
        (error: Error & { code?: string }) => {
          if (error.code === ADMIN_SHUTDOWN) killedAt ??= Date.now();
          return false;
        },
      ),
  };
}
