import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Baselines } from '../checks/baselines.ts';
import { Contexts } from '../checks/context.ts';
import { groupsIn, poolFor } from '../config/lookup.ts';
import type { Config, Environment } from '../config/types.ts';
import { createAlertmanagerIntake } from '../intake/alertmanager.ts';
import { openGate } from '../intake/gate.ts';
import { KEEP_ALIVE_MS, sendJson } from '../intake/http.ts';
import { dropSlow, REQUEST_LIMITS } from '../intake/limits.ts';
import { createPagerDutyIntake } from '../intake/pagerduty.ts';
import { createRouter, type Route } from '../intake/router.ts';
import { createSlackIntake } from '../intake/slack.ts';
import { createCallWatch } from '../observe/calls.ts';
import { type Check, createHealth, type Health } from '../observe/health.ts';
import type { Logger } from '../observe/log.ts';
import { createMetrics } from '../observe/metrics.ts';
import { currentScope } from '../observe/scope.ts';
import { createNoticeTaker } from '../pagerduty/notice.ts';
import { utilisationPoint } from '../pool/sample.ts';
import type { Point } from '../pool/series.ts';
import { systemTimers, type Timers } from '../pool/timers.ts';
import { createSlackApp, listen, SLACK_PATH, type SlackApp } from '../slack/app.ts';
import { createSlackClient } from '../slack/client.ts';
import type { OnCallNow } from '../slack/desk.ts';
import { Groups } from '../slack/groups.ts';
import { createLimits } from '../slack/limits.ts';
import { Alarms } from '../store/alarms.ts';
import { Pages } from '../store/pages.ts';
import { KEEP_SAMPLES_MS, Samples } from '../store/samples.ts';
import { Store } from '../store/store.ts';
import { diagnoseNow, NAMED_CAUSES, openDiagnoses } from './diagnosis.ts';
import { type Engine, startEngine } from './engine.ts';
import { type LocalSlack, openLocalSlack } from './local-slack.ts';
import { createPagerEvents } from './pager.ts';
import { lifelineTrouble, Pools } from './pools.ts';
import { migrateWhenUp, openStorePlace, type StorePlace } from './store.ts';
import { watchTakenIn } from './taken-in.ts';
import { openTracing, traced } from './tracing.ts';
import { Watch } from './watch.ts';
import { createHeartbeat, createWatchdog } from './watchdog.ts';

/** A health check that takes longer than this has failed. */
const CHECK_TIMEOUT_MS = 2_000;

/** Slack is asked how it is at most this often, however often we are probed. */
const SLACK_CHECK_EVERY_MS = 5_000;

/** A stop waits this long for what was taken in to be committed: what it takes besides ends within ten seconds. */
const TAKEN_IN_WITHIN_MS = 8_000;

/** By then an effect begins no more calls to Slack: the one that runs may take three seconds and still be recorded. */
const LAST_CALLS_WITHIN_MS = 5_500;

export interface AppOptions {
  readonly config: Config;
  readonly environment: Environment;
  readonly log: Logger;
  /** Where the embedded store and the console's journal live; `./.lifeguard` in production. */
  readonly folder: string;
  /** The store, when it is being opened already; whoever opened it closes it when the start fails. */
  readonly place?: Promise<StorePlace>;
  /** The demo: alerts are taken without a token. */
  readonly openToAll?: boolean;
  /** The host that is listened on; all interfaces when left out. */
  readonly host?: string;
  /** Milliseconds by which the store's clock is moved; tests only. */
  readonly skewMs?: () => number;
  /** The clock and the timers of the dead man's switch, the heartbeat and the looks at the parts; tests only. */
  readonly watchTimers?: Timers;
  /** Slack's limits run so many times faster; tests only. */
  readonly slackPace?: number;
  /** A certificate authority to trust for PagerDuty, besides the usual ones. */
  readonly pagerCa?: string;
  /** The line on top of the console. */
  readonly hint?: string;
}

/** Lifeguard, running. */
export interface App {
  readonly url: string;
  readonly port: number;
  readonly store: Store;
  readonly engine: Engine;
  /** The console's workspace, where the console stands in for Slack. */
  readonly local?: LocalSlack;
  /** Stops taking requests, finishes what runs, and closes everything. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * The composition root: constructs and connects everything. The port is open before the store is
 * there, so that a request in between is told 503 and comes again, instead of being refused.
 */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, environment, log } = options;
  const takesRequests = environment.role !== 'worker';
  const diagnoses = openDiagnoses(config);
  let engine: Engine | undefined;
  let health: Health | undefined;
  let slackApp: SlackApp | undefined;
  let local: LocalSlack | undefined;
  let intakes: Readonly<Record<string, Route>> | undefined;

  const stopping = new AbortController();
  const metrics = createMetrics({
    levels: Math.max(...[config, ...config.pools].map(({ escalation }) => escalation?.levels.length ?? 0)),
    collect: {
      outbox: async () => (await need(engine)).outbox.figures(),
      queueDepth: async () => (await need(engine)).queue.depth(),
      openIncidents: async () => store.openCount(),
    },
  });
  const tracing = await openTracing(environment, log);
  const watch = createCallWatch({ metrics, tracing });
  const later = (path: string): Route => {
    return async (req, res) => {
      const route = intakes?.[path];
      if (route !== undefined) return traced(tracing, path, route)(req, res);
      sendJson(res, 503, { error: 'not ready yet' }, { 'retry-after': '5', connection: 'close' });
    };
  };
  const gate = openGate();
  // They ask the store: however often they are asked for, it is asked once at a time.
  const figures = together(() => metrics.render());
  const server = createServer(
    REQUEST_LIMITS,
    createRouter({
      subtree: async (req, res) => (local === undefined ? false : local.console.handle(req, res)),
      routes: {
        '/healthz': (_req, res) => sendJson(res, 200, { status: 'alive' }),
        '/readyz': async (req, res) => {
          const readiness = await health?.ready(excludedBy(req.url));
          const ok = readiness?.ok === true;
          sendJson(
            res,
            ok ? 200 : 503,
            readiness ?? { ok: false, parts: { store: { ok: false, detail: 'starting' } } },
          );
        },
        '/metrics': async (_req, res) => {
          const body = await figures();
          res.writeHead(200, { 'content-type': metrics.contentType }).end(body);
        },
        ...(takesRequests
          ? {
              '/webhooks/alertmanager': later('/webhooks/alertmanager'),
              '/webhooks/pagerduty': later('/webhooks/pagerduty'),
              [SLACK_PATH]: later(SLACK_PATH),
            }
          : {}),
      },
      onError: (error, path) => log.error({ err: error, path }, 'a request could not be handled'),
    }),
  );
  dropSlow(server);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const takenIn = watchTakenIn(server);
  const port = await open(server, environment.port, options.host);
  const url = `http://localhost:${port}`;

  // What was begun last is ended first: the others' last spans are sent too.
  const undo: (() => Promise<unknown>)[] = [() => tracing.close()];
  let isLeaving = false;
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= stopNow();
    return stopped;
  };
  const stopNow = async (): Promise<void> => {
    stopping.abort();
    setTimeout(() => {
      isLeaving = true;
    }, LAST_CALLS_WITHIN_MS).unref();
    // Nothing new is taken up from here on, so that there is time to finish what was.
    const drained = engine?.drain();
    const closed = new Promise((done) => server.once('close', done));
    const left = await takenIn.close(TAKEN_IN_WITHIN_MS);
    if (left > 0) log.warn({ requests: left }, 'what was taken in is not done in time');
    intakes = undefined;
    await drained;
    for (const step of undo.reverse()) {
      await step().catch((error: unknown) => log.warn({ err: error }, 'something did not stop cleanly'));
    }
    local?.close();
    server.closeAllConnections();
    await closed;
  };

  let store: Store;
  try {
    if (environment.console && takesRequests) {
      local = openLocalSlack({
        config,
        port,
        folder: options.folder,
        ...(options.hint === undefined ? {} : { hint: options.hint }),
      });
    }
    const slack = slackAccess(environment, local);
    const access = { token: slack.botToken, apiUrl: slack.apiUrl, log, watch };
    const client = createSlackClient(access);
    // Of its own: what people may do must be looked up even while the last effects are left to others.
    const effectsClient = createSlackClient({ ...access, isLeaving: () => isLeaving });
    const groups = new Groups(client, groupsIn(config), () => Date.now() + (options.skewMs?.() ?? 0));
    const pools = new Pools(config, { log, metrics });
    const poolsOpen = pools.start();
    undo.push(() => pools.close());
    const { watchTimers } = options;
    const steady = () => watchTimers?.now().getTime() ?? performance.now();
    const askSlack = every(SLACK_CHECK_EVERY_MS, steady, async () => {
      await client.auth.test();
      return undefined;
    });
    // Asked while the store starts; the answer is looked at by whoever asks whether all is ready.
    askSlack().catch(() => undefined);
    let alarms: Alarms | undefined;
    const events = createPagerEvents({ ...options, watch });
    const whole = {
      config,
      events,
      slack: client,
      pools,
      health: () => health,
      alarms: () => alarms,
      log,
      metrics,
      ...(watchTimers === undefined ? {} : { timers: watchTimers }),
    };
    const watchdog = createWatchdog(whole);
    watchdog.start();
    undo.push(() => watchdog.stop());
    // Loading Bolt takes a while: it is done while the store starts.
    if (takesRequests) slackApp = createSlackApp({ ...slack, log, onWork: (work) => takenIn.add(work) });
    const place = await (options.place ?? openStorePlace(environment, options.folder, log));
    undo.push(() => place.stop());
    await migrateWhenUp(place.url, log, stopping.signal);
    const limits = environment.slackRateLimits === 'none' ? undefined : createLimits(options.slackPace);
    store = new Store({
      url: place.url,
      ...(limits === undefined ? {} : { firstBill: limits.firstBill }),
      ...(options.skewMs === undefined ? {} : { skewMs: options.skewMs }),
      ...(tracing.isOn ? { traceparent: () => currentScope().traceparent } : {}),
    });
    undo.push(() => store.close());
    alarms = new Alarms(store.pool, options.skewMs);
    const kept = alarms;
    const samples = new Samples(store.pool);
    const clock = () => new Date(Date.now() + (options.skewMs?.() ?? 0));
    const samplesOf = async (pool: string): Promise<Point[]> =>
      (await samples.since(pool, new Date(clock().getTime() - KEEP_SAMPLES_MS))).map(utilisationPoint);
    const baselines = new Baselines();
    const contexts = new Contexts({
      lifelineOf: (pool) => pools.lifelineOf(pool),
      configOf: (pool) => pools.configOf(pool),
      checksOf: (pool, step) => diagnoses.checks(pool, step),
      prometheusOf: (pool) => diagnoses.prometheus(pool),
      samplesOf,
      baselineOf: (pool, openedAt) => baselines.before(pool, openedAt),
      now: clock,
    });
    engine = await startEngine({
      diagnoses,
      contexts,
      samplesOf,
      config,
      environment,
      store,
      storeUrl: place.url,
      pools,
      slack: { client: effectsClient, groups },
      log,
      metrics,
      alone: place.alone,
      watch,
      tracing,
      ...(limits === undefined ? {} : { limits }),
      ...(options.pagerCa === undefined ? {} : { pagerCa: options.pagerCa }),
    });
    const running = engine;
    undo.push(() => running.stop());
    if (slackApp !== undefined) {
      const app = slackApp;
      listen(app.app, {
        loop: engine.loop,
        store,
        outbox: engine.outbox,
        pools: pools.desks(config.slack.channel, (pool) => diagnoseNow(diagnoses, contexts, pool, clock())),
        causes: NAMED_CAUSES,
        policy: engine.policy,
        onCallFor: (pool, level) => running.pager.onCalls.known(pool, level),
        onCall: () => askOnCall(running.pager.rest),
        access: config.access,
        groupsOf: (user) => groups.of(user),
        log,
        onInteraction: (action, outcome, ackMs) => {
          metrics.interaction(action, outcome);
          metrics.interactionAcknowledged(ackMs);
        },
      });
      app.start();
      undo.push(async () => {
        await app.stop();
        // By a socket more may have come in until now.
        await takenIn.over(TAKEN_IN_WITHIN_MS);
      });
    }
    health = createHealth({
      timeoutMs: CHECK_TIMEOUT_MS,
      now: steady,
      checks: {
        store: async () => {
          await store.ping();
          return undefined;
        },
        queue: async () => {
          await running.queue.ping();
          return undefined;
        },
        slack: async () => (await askSlack()) ?? slackApp?.trouble(),
      },
      // A replica that is taken out of service for these would take no alerts either, and help nobody.
      besides: { pagerduty: async () => running.pagerTrouble(), ...poolChecks(pools) },
    });
    intakes = {
      '/webhooks/alertmanager': createAlertmanagerIntake({
        loop: engine.loop,
        token: environment.alertmanagerToken,
        gate,
        openToAll: options.openToAll ?? false,
        poolFor: (labels) => poolFor(config, labels)?.name,
        nextIncidentId: () => store.nextIncidentId(),
        reopenWithinMs: config.reopenWithinMs,
        watchdog:
          config.watchdog === undefined
            ? undefined
            : { alertname: config.watchdog.alertname, onSeen: () => kept.sight('alert') },
        log,
        metrics,
      }),
      '/webhooks/pagerduty': createPagerDutyIntake({
        secrets: environment.pagerduty.webhookSecrets,
        gate,
        onNotice: createNoticeTaker({
          loop: engine.loop,
          pages: new Pages(store.pool),
          keyOf: engine.pager.rest?.incidentKey,
          metrics,
        }),
        now: () => clock().getTime(),
        log,
        metrics,
      }),
      ...(slackApp?.http === undefined
        ? {}
        : { [SLACK_PATH]: createSlackIntake({ listener: slackApp.http.requestListener, gate, log }) }),
    };
    const heartbeat = createHeartbeat(whole);
    heartbeat?.start();
    if (heartbeat !== undefined) undo.push(() => heartbeat.stop());
    await poolsOpen;
    if (environment.role !== 'web') {
      const watch = new Watch({
        pools: pools.all(),
        loop: engine.loop,
        store,
        samples,
        baselines,
        reopenWithinMs: config.reopenWithinMs,
        log,
        metrics,
        timers: { ...systemTimers, now: clock },
      });
      watch.start();
      undo.push(() => watch.stop());
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, port, store, engine, ...(local === undefined ? {} : { local }), stop };
}

function askOnCall(rest: Engine['pager']['rest']): Promise<OnCallNow> | undefined {
  return rest
    ?.onCalls()
    .then((outcome) => (outcome.kind === 'done' ? { people: outcome.value } : { trouble: outcome.message }));
}

/**
 * `?exclude=slack&exclude=queue`, as Kubernetes' own API server has it: whoever balances load must not take replicas
 * out of service that still take alerts and page, because Slack is down.
 */
function excludedBy(url = '/'): string[] {
  return new URL(url, 'http://localhost').searchParams.getAll('exclude');
}

/** The connections that are held for the pools, as parts of `/readyz`. */
function poolChecks(pools: Pools): Record<string, Check> {
  const named = [...pools.all()].map((pool): [string, Check] => [
    `pool ${pool.config.name}`,
    async () => lifelineTrouble(pool),
  ]);
  return Object.fromEntries(named);
}

async function need<T>(value: T | undefined): Promise<T> {
  if (value === undefined) throw new Error('not started yet');
  return value;
}

function slackAccess(environment: Environment, local: LocalSlack | undefined) {
  const { slack } = environment;
  if (slack.mode === 'console') {
    if (local === undefined) throw new Error('Slack is not configured, and this replica serves no console');
    return { botToken: local.botToken, signingSecret: local.signingSecret, apiUrl: local.apiUrl };
  }
  const apiUrl = environment.slackApiUrl;
  return slack.mode === 'socket'
    ? { botToken: slack.botToken, appToken: slack.appToken, apiUrl }
    : { botToken: slack.botToken, signingSecret: slack.signingSecret, apiUrl };
}

/** Whoever asks while an answer is being found gets the same one. */
function together<T>(find: () => Promise<T>): () => Promise<T> {
  let finding: Promise<T> | undefined;
  return () => {
    finding ??= find().finally(() => {
      finding = undefined;
    });
    return finding;
  };
}

/** The last answer of a check is good for `ms`: probes must not use up Slack's rate limit. */
function every(ms: number, now: () => number, check: Check): Check {
  let last: { readonly at: number; readonly answer: Promise<string | undefined> } | undefined;
  return () => {
    const at = now();
    if (last === undefined || at - last.at > ms) last = { at, answer: check() };
    return last.answer;
  };
}

function open(server: Server, port: number, host: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
