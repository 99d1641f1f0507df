import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startSlackStandIn } from '../../../src/console/server.ts';
import { Outbox } from '../../../src/store/outbox.ts';
import { Store } from '../../../src/store/store.ts';
import { configText, GROUPS, PEOPLE, WEBHOOK_TOKEN } from '../../support/lifeguard.ts';
import { startPagerDuty } from '../../support/pagerduty/start.ts';
import { testDatabase } from '../../support/postgres.ts';
import { type Program, startCli } from '../../support/process.ts';
import { type Patient, startPatient } from '../story.ts';

export interface SceneOptions {
  /** Environment of every process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where Alertmanager and Slack send to: `http://127.0.0.1:3000`. */
  readonly url: string;
  /** A person whose press led to nothing presses again after this long, in milliseconds. */
  readonly patienceMs: number;
}

/** What the built program stands between: a store, a sick pool, and stand-ins for Slack and PagerDuty. */
export interface Scene extends SceneOptions {
  readonly patient: Patient;
  readonly slack: Awaited<ReturnType<typeof startSlackStandIn>>;
  readonly pagerduty: Awaited<ReturnType<typeof startPagerDuty>>;
  readonly store: Store;
  readonly outbox: Outbox;
  /** For how long there has been no process that was ready, in milliseconds, in all. */
  downMs: number;
  /** What the processes printed last. */
  log: () => string;
  /** Starts `lifeguard serve`; killed when the test is over. */
  launch(env: Readonly<Record<string, string>>): Program;
}

/** Everything but the processes, which the test starts; all ends with the test. */
export async function setScene(options: SceneOptions): Promise<Scene> {
  const patient = await startPatient();
  onTestFinished(() => patient.stop());
  const database = await testDatabase({ store: true });
  onTestFinished(() => database.drop());
  const store = new Store({ url: database.url, connections: 2 });
  onTestFinished(() => store.close());
  const slack = await startSlackStandIn({
    users: Object.values(PEOPLE).map((id) => ({ id, real_name: id })),
    groups: GROUPS,
    channels: ['incidents', 'backend-team', 'database-team', 'infrastructure'],
  });
  onTestFinished(() => slack.stop());
  slack.setEventsUrl(`${options.url}/slack/events`);
  const pagerduty = await startPagerDuty();
  onTestFinished(() => pagerduty.stop());
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-scene-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  // The runbook's minutes are shortened, so that timers fall due between the kills as well.
  const yaml = configText({ patientUrl: patient.botUrl, yaml: 'reopen_within: 1ms' })
    .replace('after: 5m', 'after: 1s')
    .replace('after: 15m', 'after: 2s');
  await writeFile(join(folder, 'lifeguard.yaml'), yaml);
  const common = {
    DATABASE_URL: database.url,
    PATIENT_URL: patient.botUrl,
    SLACK_API_URL: slack.apiUrl,
    SLACK_RATE_LIMITS: 'none',
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    ALERTMANAGER_WEBHOOK_TOKEN: WEBHOOK_TOKEN,
    PAGERDUTY_EVENTS_SERVER: pagerduty.server,
    NODE_EXTRA_CA_CERTS: pagerduty.caPath,
    ...options.env,
  };
  return {
    ...options,
    patient,
    slack,
    pagerduty,
    store,
    outbox: new Outbox(store),
    downMs: 0,
    log: () => '',
    launch(env) {
      const program = startCli(['serve'], { env: { ...common, ...env }, cwd: folder });
      onTestFinished(() => program.kill('SIGKILL'));
      return program;
    },
  };
}
