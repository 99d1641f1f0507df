import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { type Patient, startPatient } from '../console/demo/patient.ts';
import { type StandIn, startSlackStandIn } from '../console/server.ts';
import { removeEmbedded, startEmbedded } from '../store/embedded.ts';

/** What the measurements work with: a Lifeguard process of its own, as in production, between local stand-ins. */
export interface Bench {
  readonly port: number;
  readonly pid: number;
  readonly storeUrl: string;
  readonly slack: StandIn;
  readonly patient: Patient;
  /** Posts an Alertmanager notification and resolves with the HTTP status. */
  alert(labels: Record<string, string>, startsAt: Date, status?: 'firing' | 'resolved'): Promise<number>;
  /** Fills Slack's budgets, as a quiet minute would: each run is an incident of its own. */
  refill(): Promise<void>;
  stop(): Promise<void>;
}

/** The token of the webhook. */
export const BENCH_TOKEN = 'bench-token';
const READY_WITHIN_MS = 20_000;

/**
 * Starts the store, the patient, Slack's stand-in and `lifeguard serve` as a process of its own.
 *
 * @param maxConnections `max_connections` of the patient; left out, few
 * @param env more of Lifeguard's environment
 */
export async function startBench(
  maxConnections?: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-bench-'));
  const store = await startEmbedded({ dataDir: join(folder, 'store') });
  const patient = await startPatient(join(folder, 'patient'), maxConnections);
  const slack = await startSlackStandIn({ channels: ['incidents', 'backend-team'] });
  const port = await freePort();
  await writeFile(
    join(folder, 'lifeguard.yaml'),
    `slack: { channel: "#incidents" }
access: { approvers: [U0BOB] }
pools:
  - { name: orders, match: { datname: catalytic_db }, database_url: "\${PATIENT_URL}", channel: "#backend-team" }
`,
  );
  slack.setEventsUrl(`http://127.0.0.1:${port}/slack/events`);
  const child = spawnServe(folder, slack, {
    PORT: String(port),
    DATABASE_URL: store.url,
    PATIENT_URL: patient.lifeguardUrl,
    ALERTMANAGER_WEBHOOK_TOKEN: BENCH_TOKEN,
    ...env,
  });
  const origin = `http://127.0.0.1:${port}`;
  await readyWithin(`${origin}/readyz`, READY_WITHIN_MS);
  const budgets = new pg.Pool({ connectionString: store.url, max: 1 });
  return {
    port,
    pid: child.pid ?? 0,
    storeUrl: store.url,
    slack,
    patient,
    async alert(labels, startsAt, status = 'firing') {
      const answer = await fetch(`${origin}/webhooks/alertmanager`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${BENCH_TOKEN}` },
        body: JSON.stringify(notification(labels, startsAt, status)),
      });
      await answer.arrayBuffer();
      return answer.status;
    },
    async refill() {
      await budgets.query(`update slack_budgets set full_at = 'epoch'`);
    },
    async stop() {
      await budgets.end();
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
      await slack.stop();
      await patient.stop();
      await store.stop();
      await removeEmbedded(join(folder, 'store'));
      await removeEmbedded(join(folder, 'patient'));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts the built `lifeguard serve` as `npm start` does, in the folder of its configuration. */
export function spawnServe(
  folder: string,
  slack: Pick<Awaited<ReturnType<typeof startSlackStandIn>>, 'botToken' | 'signingSecret' | 'apiUrl'>,
  env: Readonly<Record<string, string>>,
): ChildProcess {
  const cli = fileURLToPath(new URL('../cli.js', import.meta.url));
  return spawn(process.execPath, ['--max-semi-space-size=2', '--heap-growing-percent=15', cli, 'serve'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_SIGNING_SECRET: slack.signingSecret,
      SLACK_API_URL: slack.apiUrl,
      LOG_LEVEL: 'warn',
      ...env,
    },
  });
}

/** Asks until it is answered with 200. @throws Error when that takes longer */
export async function readyWithin(url: string, ms: number): Promise<void> {
  const deadline = Date.now() + ms;
  for (;;) {
    const status = await fetch(url).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
    if (Date.now() > deadline) throw new Error(`lifeguard serve was not ready within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** What Alertmanager sends of one alert. */
export function notification(labels: Record<string, string>, startsAt: Date, status: 'firing' | 'resolved') {
  const all = { alertname: 'DatabaseConnectionPoolExhaustion', severity: 'critical', ...labels };
  const key = Object.entries(all).join(',');
  return {
    version: '4',
    groupKey: `{}:{${key}}`,
    truncatedAlerts: 0,
    status,
    receiver: 'lifeguard',
    groupLabels: {},
    commonLabels: all,
    commonAnnotations: {},
    externalURL: 'http://localhost:9093',
    alerts: [
      {
        status,
        labels: all,
        annotations: { summary: 'bench' },
        startsAt: startsAt.toISOString(),
        endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : new Date().toISOString(),
        generatorURL: 'http://localhost:9090/graph',
        fingerprint: key,
      },
    ],
  };
}
