import { collectDefaultMetrics, type Gauge, Registry } from 'prom-client';
import type { RunEnd } from '../effects/runner.ts';
import type { Command } from '../incident/commands.ts';
import type { EffectKind } from '../incident/effects.ts';
import type { OutboxFigures } from '../store/outbox.ts';
import type { Committed } from '../store/store.ts';
import type { CallEnd, OutsideSystem } from './calls.ts';
import { countCommit } from './commits.ts';
import { createInstruments } from './instruments.ts';

/** A scrape does not wait longer than this for a figure; Prometheus gives up after 10 s. */
const COLLECT_WITHIN_MS = 2_000;

/**
 * Gauges of prom-client's own whose names end as a counter's does, which Prometheus' lint calls wrong; each is
 * the sum of the gauge without `_total`.
 */
const MISNAMED = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`);

/** The answers to webhooks that somebody wants to hear of. */
const CODES = ['200', '400', '401', '413', '503', 'cut'] as const;

/** Where the figures come from that must be asked for; asked once a scrape. */
export interface Collectors {
  readonly outbox?: () => Promise<Pick<OutboxFigures, 'due' | 'dead' | 'lagMs'>>;
  readonly queueDepth?: () => Promise<number>;
  readonly openIncidents?: () => Promise<number>;
}

export interface MetricsOptions {
  readonly collect?: Collectors;
  /** How long a scrape waits for each figure, in milliseconds; 2,000 when left out. */
  readonly collectWithinMs?: number;
  /** How many levels there are to page. */
  readonly levels?: number;
}

/** What became of a notice of PagerDuty; `unknown`: of none of our pages. */
export type NoticeOutcome = 'taken' | 'repeat' | 'late' | 'echo' | 'unknown' | 'none';

/** What Lifeguard counts and measures, rendered for Prometheus. Times are given in milliseconds. */
export interface Metrics {
  /** A webhook was answered with an HTTP code, or `cut` because its sender went away. */
  webhook(source: 'alertmanager' | 'pagerduty', code: number | 'cut', ms: number): void;
  /** A webhook of PagerDuty was taken in, or not. */
  pageNotice(kind: string, outcome: NoticeOutcome): void;
  /** Counts all that can be read off the events of a commit. */
  observeCommit(committed: Committed, command: Command): void;
  /** One run of an effect ended. */
  effect(kind: EffectKind, outcome: RunEnd, ms: number): void;
  /** A call to an outside system ended. */
  call(system: OutsideSystem, call: string, end: CallEnd, ms: number): void;
  /** A person clicked or typed; `outcome` is the code of what they were told. */
  interaction(action: string, outcome: string): void;
  /** An interaction was acknowledged to Slack. */
  interactionAcknowledged(ms: number): void;
  poolUtilisation(pool: string, percent: number): void;
  /** All connections of a pool by state; states that are not named are no longer there. */
  poolConnections(pool: string, byState: Readonly<Record<string, number>>): void;
  lifeline(pool: string, up: boolean): void;
  /** The watchdog looked at a part. */
  part(part: string, isUp: boolean): void;
  /** An alarm about Lifeguard itself began or ended. */
  alarm(part: string, outcome: 'raised' | 'failed' | 'over'): void;
  /** When Alertmanager's always-firing alert came last. */
  watchdogSeen(at: Date): void;
  heartbeat(outcome: 'sent' | 'skipped' | 'failed'): void;
  /** The page that Prometheus reads. A figure that cannot be had is left out, and counted. */
  render(): Promise<string>;
  /** The `Content-Type` of the page. */
  readonly contentType: string;
}

/** Makes the metrics, in a registry of their own, with the process's usual ones (`process_…`, `nodejs_…`). */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  const { collect = {}, collectWithinMs = COLLECT_WITHIN_MS } = options;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const to = createInstruments(registry);
  // Prometheus takes a counter that appears with its first count for one that has not moved: what alerts ask
  // about stands there from the start, with 0.
  for (const source of ['alertmanager', 'pagerduty']) {
    for (const code of CODES) to.webhooks.inc({ source, code }, 0);
  }
  for (let level = 1; level <= (options.levels ?? 0); level += 1) {
    for (const outcome of ['sent', 'retried', 'failed']) to.pages.inc({ level, outcome }, 0);
  }
  const statesOf = new Map<string, readonly string[]>();

  const asked: readonly Gauge[] = [
    to.incidentsOpen,
    to.effectsDue,
    to.effectsDead,
    to.effectsLag,
    to.queueDepth,
    to.watchdogSeen,
  ];
  for (const gauge of asked) gauge.remove();

  /** Sets gauges from one answer; without one they are left out rather than shown as they once were. */
  async function ask<T>(
    figure: string,
    from: (() => Promise<T>) | undefined,
    sets: Map<Gauge, (answer: T) => number>,
  ) {
    if (from === undefined) return;
    try {
      const answer = await within(collectWithinMs, from);
      for (const [gauge, read] of sets) gauge.set(read(answer));
    } catch {
      to.scrapeFaults.inc({ figure });
      for (const gauge of sets.keys()) gauge.remove();
    }
  }

  async function renderNow(): Promise<string> {
    await Promise.all([
      ask(
        'outbox',
        collect.outbox,
        new Map([
          [to.effectsDue, (figures) => figures.due],
          [to.effectsDead, (figures) => figures.dead],
          [to.effectsLag, (figures) => figures.lagMs / 1_000],
        ]),
      ),
      ask('queue_depth', collect.queueDepth, new Map([[to.queueDepth, (depth) => depth]])),
      ask('incidents_open', collect.openIncidents, new Map([[to.incidentsOpen, (count) => count]])),
    ]);
    return registry.metrics();
  }

  let rendering: Promise<string> | undefined;
  return {
    contentType: registry.contentType,
    webhook(source, code, ms) {
      to.webhooks.inc({ source, code });
      to.intake.observe({ source }, ms / 1_000);
    },
    pageNotice: (kind, outcome) => to.pageNotices.inc({ kind, outcome }),
    observeCommit: (committed, command) => countCommit(to, committed, command),
    effect(kind, outcome, ms) {
      to.effects.inc({ kind, outcome });
      // A drawing that a later one replaced did not run.
      if (outcome !== 'superseded') to.effectSeconds.observe({ kind }, ms / 1_000);
    },
    call(system, call, { outcome, waitMs }, ms) {
      to.calls.inc({ system, call, outcome });
      to.callSeconds.observe({ system }, ms / 1_000);
      if (waitMs !== undefined) to.callWaits.inc({ system }, waitMs / 1_000);
    },
    interaction: (action, outcome) => to.interactions.inc({ action, outcome }),
    interactionAcknowledged: (ms) => to.interactionAck.observe(ms / 1_000),
    poolUtilisation: (pool, percent) => to.poolUtilisation.set({ pool }, percent),
    poolConnections(pool, byState) {
      for (const state of statesOf.get(pool) ?? []) to.poolConnections.remove({ pool, state });
      for (const [state, count] of Object.entries(byState)) to.poolConnections.set({ pool, state }, count);
      statesOf.set(pool, Object.keys(byState));
    },
    lifeline: (pool, up) => to.lifelineUp.set({ pool }, up ? 1 : 0),
    part: (part, isUp) => to.partUp.set({ part }, isUp ? 1 : 0),
    alarm: (part, outcome) => to.alarms.inc({ part, outcome }),
    watchdogSeen: (at) => to.watchdogSeen.set(at.getTime() / 1_000),
    heartbeat: (outcome) => to.heartbeats.inc({ outcome }),
    // Scrapes that come together are answered by one look.
    render() {
      rendering ??= renderNow().finally(() => {
        rendering = undefined;
      });
      return rendering;
    },
  };
}

async function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
