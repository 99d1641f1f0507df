import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, startApp } from '../../src/app/app.ts';
import { parseConfig } from '../../src/config/parse.ts';
import type { Environment } from '../../src/config/types.ts';
import { type StandIn, type StandInOptions, startSlackStandIn } from '../../src/console/server.ts';
import type { Message } from '../../src/console/slack/types.ts';
import { createLogger } from '../../src/observe/log.ts';
import type { Timers } from '../../src/pool/timers.ts';
import { API_TOKEN, FROM_EMAIL, ROUTING_KEYS } from './pagerduty/account.ts';
import { startPagerDuty } from './pagerduty/start.ts';
import { testDatabase } from './postgres.ts';

/** The token of the harness's webhook. */
export const WEBHOOK_TOKEN = 'test-webhook-token';

/** People of the workspace: Alice may respond, Bob and Carol may approve, Mallory may nothing. */
export const PEOPLE = { alice: 'U0ALICE', bob: 'U0BOB', carol: 'U0CAROL', mallory: 'U0MALLORY' } as const;

const USERS = [
  { id: PEOPLE.alice, real_name: 'Alice' },
  { id: PEOPLE.bob, real_name: 'Bob', email: 'grace@example.com' },
  { id: PEOPLE.carol, real_name: 'Carol' },
  { id: PEOPLE.mallory, real_name: 'Mallory' },
];

/** The user groups of the workspace. */
export const GROUPS = [
  { id: 'S0ONCALL', handle: 'oncall', name: 'On call', users: [PEOPLE.alice, PEOPLE.bob, PEOPLE.carol] },
  { id: 'S0DBA', handle: 'dba', name: 'DBAs', users: [PEOPLE.bob, PEOPLE.carol] },
];

export interface HarnessOptions {
  /** The pool's database; without one no pool is configured. */
  readonly patientUrl?: string;
  /** More lines for the pool, each `key: value`. */
  readonly poolYaml?: readonly string[];
  readonly redisUrl?: string;
  readonly slack?: StandInOptions;
  /** Whether Slack's limits are kept; a test that is not about them must not wait for them. */
  readonly rateLimits?: 'slack' | 'none';
  /** They run so many times faster, and Slack's clock is moved with Lifeguard's. */
  readonly slackPace?: number;
  /** A way to Slack's Web API, given the stand-in's own address; its own when left out. */
  readonly slackRoad?: (apiUrl: string) => Promise<string>;
  /** More lines for the configuration, at top level. */
  readonly yaml?: string;
  /** Entries of `access.two_person`. */
  readonly twoPerson?: readonly string[];
  readonly approvalTtl?: string;
  /** More entries of `escalation.at_once`. */
  readonly atOnce?: string;
  /** PagerDuty's REST API is configured. */
  readonly rest?: boolean;
  /** The store; a fresh database when left out. */
  readonly storeUrl?: string;
  readonly logs?: string[];
  /** Where traces go. */
  readonly tracing?: Environment['tracing'];
  /** Milliseconds by which the clock is ahead from the start: a Lifeguard that was down for so long. */
  readonly aheadMs?: number;
  /** The clock and the timers of the dead man's switch and the heartbeat. */
  readonly watchTimers?: Timers;
}

/** A whole Lifeguard between stand-ins for Slack and PagerDuty, on a store of its own, with a clock that tests move. */
export interface Harness {
  readonly app: App;
  readonly slack: StandIn;
  readonly pagerduty: Awaited<ReturnType<typeof startPagerDuty>>;
  /** Moves the store's clock on and lets what fell due happen. */
  fastForward(ms: number): Promise<void>;
  /** Sends a notification as Alertmanager would. */
  alert(body: object, headers?: Readonly<Record<string, string>>, to?: App): Promise<Response>;
  /** Starts one more Lifeguard on the same store, before the same Slack. */
  replica(): Promise<App>;
  /** All messages of a channel, replies included. */
  messages(channel: string): Message[];
  /** Waits for a message that fits; fails with what was there instead. */
  message(channel: string, fits: (message: Message) => boolean, what: string): Promise<Message>;
  /** Waits until nothing is owed any more. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** Waits until `look` finds something; real time, with a deadline that only a fault reaches. */
export async function eventually<T>(
  look: () => T | undefined | Promise<T | undefined>,
  what: string,
  ms = 20_000,
): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Whether the message opens a thread, or could. */
export function isParent(message: Message): boolean {
  return message.thread_ts === undefined || message.thread_ts === message.ts;
}

/** The words of a message: its text and everything in its blocks. */
export function wordsOf(message: Message): string {
  return `${message.text} ${JSON.stringify(message.blocks ?? [])}`;
}

/** The configuration of the harness: the contract's, with short names. */
export function configText(options: HarnessOptions): string {
  const pool =
    options.patientUrl === undefined
      ? 'pools: []'
      : `pools:
  - name: orders
    match: { datname: catalytic_db }
    database_url: \${PATIENT_URL}
    channel: "#backend-team"${(options.poolYaml ?? []).map((line) => `\n    ${line}`).join('')}`;
  return `
slack: { channel: "#incidents" }
access:
  responders: [S0ONCALL]
  approvers: [S0DBA]
  two_person: [${(options.twoPerson ?? []).join(', ')}]
  approval_ttl: ${options.approvalTtl ?? '10m'}
${pool}
escalation:
  hotline: "+1 555 0100"
  levels:
    - { name: On-call engineer, after: 0m, channel: "#backend-team", page: { routing_key: ${ROUTING_KEYS.L1} } }
    - { name: Database administrator, after: 5m, unless: acknowledged, channel: "#database-team", page: { routing_key: ${ROUTING_KEYS.L2} } }
    - { name: Infrastructure lead, after: 15m, unless: root_cause_identified, channel: "#infrastructure", page: { routing_key: ${ROUTING_KEYS.L3} } }
    - { name: CTO, after: 30m, unless: resolved, page: { routing_key: ${ROUTING_KEYS.L4} } }
  at_once: { data_corruption: 4${options.atOnce === undefined ? '' : `, ${options.atOnce}`} }
${options.yaml ?? ''}`;
}

/** Starts the harness. */
export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const database = options.storeUrl === undefined ? await testDatabase({ store: true }) : undefined;
  const storeUrl = options.storeUrl ?? database?.url ?? '';
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-harness-'));
  let skew = options.aheadMs ?? 0;
  const slack = await startSlackStandIn({
    users: USERS,
    groups: GROUPS,
    channels: ['incidents', 'backend-team', 'database-team', 'infrastructure'],
    // Its limits and Lifeguard's are told by one clock.
    ...(options.slackPace === undefined ? {} : { now: () => Date.now() + skew }),
    ...options.slack,
  });
  const pagerduty = await startPagerDuty();
  const { config } = parseConfig(configText(options), { PATIENT_URL: options.patientUrl ?? '' });
  const environment: Environment = {
    port: 0,
    configPath: 'test',
    role: 'all',
    databaseUrl: storeUrl,
    ...(options.redisUrl === undefined ? {} : { redisUrl: options.redisUrl }),
    slack: { mode: 'http', botToken: slack.botToken, signingSecret: slack.signingSecret },
    slackApiUrl: (await options.slackRoad?.(slack.apiUrl)) ?? slack.apiUrl,
    slackRateLimits: options.rateLimits ?? 'none',
    alertmanagerToken: WEBHOOK_TOKEN,
    pagerduty: {
      eventsServer: pagerduty.server,
      apiServer: pagerduty.server,
      webhookSecrets: ['pd-secret'],
      ...(options.rest === true ? { apiToken: API_TOKEN, fromEmail: FROM_EMAIL } : {}),
    },
    ...(options.tracing === undefined ? {} : { tracing: options.tracing }),
    logLevel: 'debug',
    console: false,
  };
  const lines = options.logs ?? [];
  const start = (): Promise<App> =>
    startApp({
      config,
      environment,
      folder,
      log: createLogger({
        level: 'debug',
        secrets: [],
        destination: { write: (line) => void lines.push(line) },
      }),
      skewMs: () => skew,
      pagerCa: pagerduty.ca,
      ...(options.watchTimers === undefined ? {} : { watchTimers: options.watchTimers }),
      ...(options.slackPace === undefined ? {} : { slackPace: options.slackPace }),
    });
  const app = await start();
  const replicas: App[] = [];
  slack.setEventsUrl(`http://127.0.0.1:${app.port}/slack/events`);

  const messages = (channel: string): Message[] => {
    const found = slack.workspace.channel(channel);
    if (found === undefined) return [];
    return slack.workspace.messages(found.id);
  };
  return {
    app,
    slack,
    pagerduty,
    messages,
    async replica() {
      const another = await start();
      replicas.push(another);
      return another;
    },
    async fastForward(ms) {
      skew += ms;
      await app.engine.sweeper.sweep();
    },
    alert: (body, headers, to = app) =>
      fetch(`http://127.0.0.1:${to.port}/webhooks/alertmanager`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${WEBHOOK_TOKEN}`,
          ...headers,
        },
        body: JSON.stringify(body),
      }),
    message: (channel, fits, what) =>
      eventually(() => messages(channel).find(fits), what).catch((error: Error) => {
        const there = messages(channel).map((message) => wordsOf(message).slice(0, 400));
        throw new Error(
          `${error.message}; #${channel} has:\n${there.join('\n')}\nlog:\n${lines.slice(-12).join('')}`,
        );
      }),
    settled: () =>
      eventually(
        async () => ((await app.engine.outbox.figures()).due === 0 ? true : undefined),
        'nothing owed',
      ).then(() => undefined),
    async stop() {
      await Promise.all([app, ...replicas].map((one) => one.stop()));
      await slack.stop();
      await pagerduty.stop();
      await database?.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A notification of Alertmanager about the harness's pool. */
export function notification(options: {
  readonly status?: 'firing' | 'resolved';
  readonly startsAt: Date;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly fingerprint?: string;
  readonly groupKey?: string;
}): object {
  const status = options.status ?? 'firing';
  const labels = {
    alertname: 'DatabaseConnectionPoolExhaustion',
    datname: 'catalytic_db',
    severity: 'critical',
    ...options.labels,
  };
  return {
    version: '4',
    groupKey: options.groupKey ?? '{}:{datname="catalytic_db"}',
    truncatedAlerts: 0,
    status,
    receiver: 'lifeguard',
    groupLabels: {},
    commonLabels: labels,
    commonAnnotations: {},
    externalURL: 'http://localhost:9093',
    alerts: [
      {
        status,
        labels,
        annotations: options.annotations ?? { summary: 'catalytic_db uses 97 % of its connections' },
        startsAt: options.startsAt.toISOString(),
        endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : new Date().toISOString(),
        generatorURL: 'http://localhost:9090/graph',
        fingerprint: options.fingerprint ?? 'c0ffee0000000001',
      },
    ],
  };
}
