import type { Baselines } from '../checks/baselines.ts';
import type { DetectConfig } from '../config/types.ts';
import type { Loop } from '../effects/loop.ts';
import type { Alert } from '../incident/alerts.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { utilisationPoint } from '../pool/sample.ts';
import { type DetectionFacts, Sampler, type Told } from '../pool/sampler.ts';
import { seriesOf } from '../pool/series.ts';
import type { Timers } from '../pool/timers.ts';
import { poolKey } from '../store/commit.ts';
import type { Sample, Samples } from '../store/samples.ts';
import type { Store } from '../store/store.ts';
import type { Pool } from './pools.ts';
import { Silence } from './silence.ts';

export interface WatchOptions {
  readonly pools: Iterable<Pool>;
  readonly loop: Pick<Loop, 'submit'>;
  readonly store: Pick<Store, 'nextIncidentId' | 'openIncidentOf'>;
  readonly samples: Samples;
  readonly baselines: Baselines;
  readonly reopenWithinMs: number;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'poolUtilisation' | 'poolConnections'>;
  readonly timers: Timers;
}

/** The `alertname` of an incident that our own samples open. */
export const DETECTED_ALERT = 'ConnectionPoolNearlyExhausted';

/**
 * Watches the pools by samples of our own: keeps their history, gives one early warning, and opens and
 * clears an incident where `detect` says so. An alert for the same pool meets the same incident.
 */
export class Watch {
  readonly #options: WatchOptions;
  readonly #samplers: Sampler[] = [];
  readonly #silence: Silence;

  constructor(options: WatchOptions) {
    this.#options = options;
    const { loop, store, reopenWithinMs, timers } = options;
    this.#silence = new Silence({ loop, store, reopenWithinMs, now: () => timers.now() });
    for (const { config, lifeline } of options.pools) {
      const log = options.log.child({ pool: config.name });
      this.#samplers.push(
        new Sampler({
          pool: config.name,
          lifeline,
          samples: options.samples,
          timers: options.timers,
          ...(config.detect === undefined ? {} : { detect: config.detect }),
          onSample: (pool, point, history) => {
            options.metrics.poolUtilisation(pool, point.value);
            const newest = history.at(-1);
            if (newest !== undefined) options.metrics.poolConnections(pool, byState(newest));
            void options.baselines.remember(pool, lifeline, options.timers.now());
            this.#silence
              .answers(pool, config.detect)
              .catch((error: unknown) =>
                log.warn({ err: error }, 'that the database answers is not told yet'),
              );
          },
          onDetect: (pool, told, facts) => this.#tell(pool, told, facts, config.detect),
          onError: (error) => log.warn({ err: error }, 'a sample could not be kept or judged'),
        }),
      );
    }
  }

  /** Starts sampling; nobody has to wait for the first samples. */
  start(): void {
    for (const sampler of this.#samplers) void sampler.start();
  }

  /** Ends sampling and waits for the samples that are being taken. */
  async stop(): Promise<void> {
    await Promise.all(this.#samplers.map((sampler) => sampler.stop()));
  }

  async #tell(
    pool: string,
    told: Told,
    facts: DetectionFacts,
    detect: DetectConfig | undefined,
  ): Promise<void> {
    switch (told) {
      case 'warn':
        return this.#warn(pool, facts);
      case 'open':
        return this.#alert(pool, 'firing', facts);
      case 'clear':
        if (facts.over === 'warn') return this.#calm(pool);
        return this.#alert(pool, 'resolved', facts);
      case 'unreachable':
        return this.#silence.silent(pool, facts, detect);
      case 'reachable':
        // Told with every sample.
        return;
    }
  }

  async #alert(pool: string, status: Alert['status'], { since, sample }: DetectionFacts): Promise<void> {
    const { loop, store, reopenWithinMs, timers } = this.#options;
    const alert: Alert = {
      fingerprint: `detector:${pool}`,
      status,
      labels: { alertname: DETECTED_ALERT, severity: 'critical', pool },
      annotations:
        sample === undefined
          ? {}
          : { summary: `${sample.used} of ${sample.usable} connections in use, by Lifeguard's own samples` },
      startsAt: since.toISOString(),
      ...(status === 'resolved' ? { endsAt: timers.now().toISOString() } : {}),
    };
    await loop.submit({
      to: { key: poolKey(pool), reopenWithinMs },
      command: {
        type: 'ReceiveAlerts',
        id: await store.nextIncidentId(),
        alerts: [alert],
        source: 'samples',
      },
      pool,
    });
  }

  async #warn(pool: string, { since, sample }: DetectionFacts): Promise<void> {
    const { loop, store } = this.#options;
    if (sample === undefined) return;
    // Where people are at work already, an early warning comes late, and one of before has had its time.
    if ((await store.openIncidentOf(pool)) !== undefined) return endWarning(loop, pool);
    const history = this.#samplers.find((one) => one.pool === pool)?.history() ?? [];
    const fullAt = seriesOf(history.map(utilisationPoint))?.fullAt;
    await loop.submit({
      to: warningOf(pool),
      command: {
        type: 'RaiseWarning',
        id: await store.nextIncidentId(),
        since: since.toISOString(),
        warning: {
          percent: utilisationPoint(sample).value,
          used: sample.used,
          usable: sample.usable,
          ...(fullAt === undefined ? {} : { fullAt: fullAt.toISOString() }),
        },
      },
      pool,
    });
  }

  async #calm(pool: string): Promise<void> {
    await this.#options.loop.submit({ to: warningOf(pool), command: { type: 'ClearWarning' }, pool });
  }
}

/** An incident of the pool is open: the warning, if there is one, gives way to it. */
export async function endWarning(loop: Pick<Loop, 'submit'>, pool: string): Promise<void> {
  await loop.submit({ to: warningOf(pool), command: { type: 'ClearWarning', by: 'incident' }, pool });
}

/** The pool's open warning; one that is over stays over. */
function warningOf(pool: string) {
  return { key: `warning:${pool}`, reopenWithinMs: 0 };
}

function byState({ used, active, idle, idleInTransaction }: Sample): Readonly<Record<string, number>> {
  const other = Math.max(0, used - active - idle - idleInTransaction);
  return { active, idle, 'idle in transaction': idleInTransaction, ...(other === 0 ? {} : { other }) };
}
