import { Baselines } from '../checks/baselines.ts';
import { Contexts } from '../checks/context.ts';
import { groupsIn } from '../config/lookup.ts';
import type { Config, Environment } from '../config/types.ts';
import { openGate } from '../intake/gate.ts';
import type { Route } from '../intake/router.ts';
import { createCallWatch } from '../observe/calls.ts';
import type { Health } from '../observe/health.ts';
import type { Logger } from '../observe/log.ts';
import { createMetrics } from '../observe/metrics.ts';
import { currentScope } from '../observe/scope.ts';
import { utilisationPoint } from '../pool/sample.ts';
import type { Point } from '../pool/series.ts';
import { systemTimers, type Timers } from '../pool/timers.ts';
import { createSlackApp, listen, SLACK_PATH, type SlackApp } from '../slack/app.ts';
import { createSlackClient } from '../slack/client.ts';
import type { OnCallNow } from '../slack/desk.ts';
import { Groups } from '../slack/groups.ts';
import { createLimits } from '../slack/limits.ts';
import { Alarms } from '../store/alarms.ts';
import { KEEP_SAMPLES_MS, Samples } from '../store/samples.ts';
import { Store } from '../store/store.ts';
import { diagnoseNow, NAMED_CAUSES, openDiagnoses } from './diagnosis.ts';
import { type Engine, startEngine } from './engine.ts';
import { intakesOf, WEBHOOKS } from './intakes.ts';
import { type LocalSlack, openLocalSlack, slackAccess } from './local-slack.ts';
import { createPagerEvents } from './pager.ts';
import { Pools } from './pools.ts';
import { openPort } from './port.ts';
import { healthOf, slackCheck } from './readiness.ts';
import { migrateWhenUp, openStorePlace, type StorePlace } from './store.ts';
import { watchTakenIn } from './taken-in.ts';
import { openTracing } from './tracing.ts';
import { Watch } from './watch.ts';
import { createHeartbeat, createWatchdog } from './watchdog.ts';

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
  const gate = openGate();
  const { server, port } = await openPort({
    port: environment.port,
    host: options.host,
    webhooks: takesRequests ? [...WEBHOOKS, SLACK_PATH] : [],
    intakes: () => intakes,
    local: () => local,
    health: () => health,
    metrics,
    tracing,
    log,
  });
  const takenIn = watchTakenIn(server);
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
    const askSlack = slackCheck(client, steady);
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
      signal: stopping.signal,
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
    health = healthOf({
      store,
      engine,
      pools,
      askSlack,
      slackTrouble: () => slackApp?.trouble(),
      now: steady,
    });
    intakes = intakesOf({
      config,
      environment,
      store,
      engine,
      sight: () => kept.sight('alert'),
      slackHttp: slackApp?.http,
      gate,
      openToAll: options.openToAll ?? false,
      clock,
      log,
      metrics,
    });
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

async function need<T>(value: T | undefined): Promise<T> {
  if (value === undefined) throw new Error('not started yet');
  return value;
}
