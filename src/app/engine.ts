import { randomUUID } from 'node:crypto';
import type { Contexts } from '../checks/context.ts';
import { createStepHandler } from '../checks/step.ts';
import { policyFor } from '../config/lookup.ts';
import type { Config, Environment } from '../config/types.ts';
import { createDispatcher } from '../effects/dispatcher.ts';
import type { Handlers } from '../effects/handler.ts';
import { createHereFirst } from '../effects/here-first.ts';
import { Loop } from '../effects/loop.ts';
import { type EffectQueue, openQueue } from '../effects/queue.ts';
import { Runner } from '../effects/runner.ts';
import { Sweeper } from '../effects/sweeper.ts';
import { Turnstile } from '../effects/turnstile.ts';
import type { Policy } from '../incident/policy.ts';
import { GATHER_MS, HANDFUL } from '../incident/storm.ts';
import { timerCommand } from '../incident/timers.ts';
import type { WatchCall } from '../observe/calls.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Tracing } from '../observe/tracing.ts';
import { createAssignHandler } from '../pagerduty/assign.ts';
import { createNoteHandler } from '../pagerduty/note.ts';
import { createPageHandler } from '../pagerduty/page.ts';
import type { Point } from '../pool/series.ts';
import { createRemedyHandler } from '../remedies/handler.ts';
import { createUndoHandler } from '../remedies/undo.ts';
import { createVerifyHandler } from '../remedies/verify.ts';
import { addressOf } from '../slack/address.ts';
import { Channels } from '../slack/channels.ts';
import type { createSlackClient } from '../slack/client.ts';
import { createDrawing } from '../slack/draw.ts';
import type { Groups } from '../slack/groups.ts';
import type { Limits } from '../slack/limits.ts';
import { createSharing } from '../slack/share.ts';
import { createTill, OPEN_TILL, type Till } from '../slack/till.ts';
import { Budgets } from '../store/budgets.ts';
import { Outbox } from '../store/outbox.ts';
import { Presence } from '../store/presence.ts';
import type { Claimed, Committed, Store } from '../store/store.ts';
import { Storms, stormKey } from '../store/storms.ts';
import type { Diagnoses } from './diagnosis.ts';
import { createPager, type Pager } from './pager.ts';
import { createPictures } from './pictures.ts';
import type { Pools } from './pools.ts';
import { whenUp } from './store.ts';
import { endWarning } from './watch.ts';

/** So many effects run at a time in one replica: enough for many incidents, few enough for Slack. */
const CONCURRENCY = 16;

/** What the engine is made of. */
export interface EngineOptions {
  readonly config: Config;
  readonly environment: Environment;
  readonly store: Store;
  readonly storeUrl: string;
  readonly pools: Pools;
  readonly diagnoses: Diagnoses;
  readonly contexts: Contexts;
  /** A pool's utilisation of the last day in per cent, oldest first. */
  readonly samplesOf: (pool: string) => Promise<readonly Point[]>;
  readonly slack: { readonly client: ReturnType<typeof createSlackClient>; readonly groups: Groups };
  readonly log: Logger;
  readonly metrics: Metrics;
  /** What is kept of Slack's limits; left out: nothing. */
  readonly limits?: Limits;
  /** Ends the waiting for a store that is away. */
  readonly signal: AbortSignal;
  /** This process has the store to itself: what a killed one had claimed is free again at once. */
  readonly alone: boolean;
  /** A certificate authority to trust for PagerDuty, besides the usual ones. */
  readonly pagerCa?: string;
  /** Told of every call to PagerDuty. */
  readonly watch: WatchCall;
  readonly tracing: Tracing;
}

/** The loop with its store, queue, workers and sweeper. */
export interface Engine {
  readonly loop: Loop;
  readonly outbox: Outbox;
  readonly queue: EffectQueue;
  readonly sweeper: Sweeper;
  /** The rules for a pool's incidents, by the configuration; without a name, for those of no pool. */
  readonly policy: (pool: string | undefined) => Policy;
  readonly pager: Pager;
  /** Why PagerDuty did not take the last event; `undefined` when it did, or none was sent. */
  readonly pagerTrouble: () => string | undefined;
  /** Takes up no more effects, and finishes what runs. Commands are still committed: what follows from them is left to others. */
  drain(): Promise<void>;
  /** Drains, and closes the queue. */
  stop(): Promise<void>;
}

/** Starts the loop: from here on commands are committed and, where this replica works, effects carried out. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { config, environment, store, log, metrics } = options;
  const works = environment.role !== 'web';
  const onError = (error: Error): void => log.warn({ err: error }, 'the queue or the store is in trouble');
  const outbox = new Outbox(store);
  const queueOptions = {
    storeUrl: options.storeUrl,
    onError,
    ...(environment.redisUrl === undefined ? {} : { redisUrl: environment.redisUrl }),
  };
  // The store may blink at any moment of a start: the queue in it is waited for as the store itself is.
  const opening = whenUp(() => openQueue(queueOptions), log, options.signal);
  // Whether it could be opened is asked below.
  opening.catch(() => undefined);
  try {
    if (options.alone && works) await whenUp(() => outbox.release(), log, options.signal);
  } catch (error) {
    await opening.then((opened) => opened.close()).catch(() => undefined);
    throw error;
  }
  const queue = await opening;
  const name = randomUUID();
  const presence = options.alone
    ? undefined
    : new Presence({
        url: options.storeUrl,
        name,
        onAbsent: (runners) =>
          log.warn({ runners }, 'other workers are gone; what they were doing is taken up'),
        onError,
      });
  const run = (id: string): Promise<void> => runner.run(id);
  const runClaimed = (claimed: Claimed): Promise<void> => runner.runClaimed(claimed);
  const offer = createDispatcher({ queue, onError, ...(works ? { run } : {}) });
  let draining: Promise<void> | undefined;
  const isDraining = (): boolean => draining !== undefined;
  const carriers = works
    ? createHereFirst({ run, runClaimed, name, offer, isLeaving: isDraining })
    : { dispatch: offer };
  const pager = createPager(options);
  const policies = new Map<string | undefined, Policy>();
  const policy = (pool: string | undefined): Policy => {
    const known = policies.get(pool) ?? policyFor(config, pool, options.diagnoses.of(pool));
    const noted = { ...known, escalation: { ...known.escalation, rest: pager.rest !== undefined } };
    policies.set(pool, noted);
    return noted;
  };
  const budgets = new Budgets(store);
  const storms = new Storms(store);
  const loop: Loop = new Loop({
    store,
    ...carriers,
    ...(works ? { onWaiting: () => turnstile.nudge() } : {}),
    policy,
    tracing: options.tracing,
    onCommit: (committed, command) => {
      metrics.observeCommit(committed, command);
      const pool = takenOver(committed, config);
      // Lost in a crash, it is done when the samples next warn or clear.
      if (pool !== undefined) void endWarning(loop, pool).catch(onError);
      for (const event of committed.events) {
        log.info({ incident: committed.incident?.id, event: event.type, command: command.type }, 'event');
      }
    },
  });
  const turnstile: Turnstile = new Turnstile({
    budgets,
    dispatch: carriers.dispatch,
    onCrowd: () => gatherStorms(loop, storms, store),
    onError,
  });
  let pagerTrouble: string | undefined;
  const till = options.limits === undefined ? OPEN_TILL : createTill(budgets, options.limits);
  const runner: Runner = new Runner({
    outbox,
    loop,
    wait: async (effect, budget, why) => {
      const waits = await budgets.wait(effect, budget, why);
      if (waits) turnstile.nudge();
      return waits;
    },
    handlers: handlersOf(options, { pager, loop, policy, till, storms }, (trouble) => {
      pagerTrouble = trouble;
    }),
    name,
    now: () => store.now(),
    onError,
    tracing: options.tracing,
    onEnd: (effect, end, ms, error) => {
      metrics.effect(effect.kind, end, ms);
      const fields = {
        incident: effect.incident,
        effect: effect.id,
        kind: effect.kind,
        attempt: effect.attempt,
        ms: Math.round(ms),
      };
      if (error === undefined) log.debug(fields, `effect ${end}`);
      else log.warn({ ...fields, err: error }, `effect ${end}`);
    },
  });
  // What is owed is taken up where it was found as well: the queue drops an offer of what a killed worker has
  // in hands until it takes that one for dead, and a process that does not live that long would never get to it.
  const sweeper = new Sweeper({
    outbox,
    dispatch: carriers.dispatch,
    onError,
    ...(works ? { onWaiting: () => turnstile.nudge() } : {}),
  });
  if (works) {
    // Before the first claim: one whose runner is not there counts for nothing.
    await presence?.start();
    runner.start();
    await whenUp(() => queue.work(run, CONCURRENCY), log, options.signal);
    pager.onCalls.start();
  }
  // A replica that does no work itself still sends what is owed to those that do.
  sweeper.start();
  const drain = async (): Promise<void> => {
    pager.onCalls.stop();
    await Promise.all([runner.stop(), queue.rest(), sweeper.stop(), turnstile.stop()]);
  };
  const drainOnce = (): Promise<void> => {
    draining ??= drain();
    return draining;
  };
  return {
    loop,
    outbox,
    queue,
    sweeper,
    pager,
    policy,
    pagerTrouble: () => pagerTrouble,
    drain: drainOnce,
    async stop() {
      await drainOnce();
      // A commit that was under way as the drain began may have claimed one more for this runner.
      await runner.stop();
      await queue.close();
      await presence?.stop();
    },
  };
}

/** The pool whose early warning gives way, since an incident of it has just opened. */
function takenOver({ incident, events }: Committed, config: Config): string | undefined {
  if (incident?.kind !== 'incident' || incident.pool === undefined) return undefined;
  if (!events.some(({ type }) => type === 'IncidentOpened' || type === 'IncidentReopened')) return undefined;
  const pool = config.pools.find((one) => one.name === incident.pool);
  return pool?.detect?.warn === undefined ? undefined : pool.name;
}

/** Where more opens into a channel than its threads can follow, one message tells it all. */
async function gatherStorms(loop: Loop, storms: Storms, store: Store): Promise<void> {
  for (const { channel, opened, since } of await storms.gathering(GATHER_MS, HANDFUL)) {
    const id = await store.nextIncidentId();
    await loop.submit({
      to: { key: stormKey(channel), reopenWithinMs: 0 },
      command: { type: 'GatherStorm', id, channel, opened, since: since.toISOString() },
    });
  }
}

/** What handlers share. */
interface Shared {
  readonly pager: Pager;
  readonly loop: Loop;
  readonly policy: (pool: string | undefined) => Policy;
  readonly till: Till;
  readonly storms: Storms;
}

function handlersOf(
  options: EngineOptions,
  { pager, loop, policy, till, storms }: Shared,
  onTry: (trouble: string | undefined) => void,
): Handlers {
  const { config, store, pools, slack, diagnoses } = options;
  const linksOf = (pool: string | undefined) => config.pools.find((one) => one.name === pool)?.links ?? {};
  return {
    'slack.message': createDrawing({
      client: slack.client,
      store,
      till,
      membersOf: (storm) => storms.members(storm),
      channels: new Channels(slack.client),
      defaultChannel: config.slack.channel,
      contextOf: (pool) => ({
        policy: policy(pool),
        links: linksOf(pool),
        stepTitles: diagnoses.titles(pool),
        onCall: (of, level) => pager.onCalls.known(of, level),
      }),
    }),
    'slack.file': createSharing({
      client: slack.client,
      store,
      till,
      make: createPictures({
        configOf: (pool) => pools.configOf(pool),
        prometheusOf: (pool) => diagnoses.prometheus(pool),
        samplesOf: options.samplesOf,
      }),
    }),
    'check.step': createStepHandler({ store, contexts: options.contexts }),
    'remedy.execute': createRemedyHandler({
      store,
      loop,
      lifelineOf: (pool) => pools.lifelineOf(pool),
      configOf: (pool) => pools.configOf(pool),
      groupsOf: (user) => slack.groups.of(user),
    }),
    'remedy.undo': createUndoHandler({
      store,
      loop,
      lifelineOf: (pool) => pools.lifelineOf(pool),
      configOf: (pool) => pools.configOf(pool),
      groupsOf: (user) => slack.groups.of(user),
    }),
    'remedy.verify': createVerifyHandler({
      store,
      lifelineOf: (pool) => pools.lifelineOf(pool),
      configOf: (pool) => pools.configOf(pool),
      rulesOf: (pool) => policy(pool).pool?.verify,
    }),
    'pagerduty.event': createPageHandler({
      store,
      events: pager.events,
      rest: pager.rest,
      pageOf: pager.pageOf,
      linksOf,
      onTry,
    }),
    'pagerduty.note': createNoteHandler({ store, rest: pager.rest, pageOf: pager.pageOf }),
    'pagerduty.assign': createAssignHandler({
      store,
      rest: pager.rest,
      pageOf: pager.pageOf,
      addressOf: (user) => addressOf(slack.client, user),
    }),
    timer: async (effect) => ({ command: timerCommand(effect.payload) }),
  };
}
