import type { PoolConfig } from '../config/types.ts';
import { readLogTail } from '../logs/read.ts';
import type { Lifeline } from '../pool/lifeline.ts';
import type { Point } from '../pool/series.ts';
import type { StatementCounters } from '../pool/statements.ts';
import type { CheckCall } from '../runbook/types.ts';
import { type CheckContext, CheckFailure, type PrometheusReader } from './check.ts';
import { Snapshots } from './snapshots.ts';
import { usualChecks } from './usual-steps.ts';

/** Where the parts of a check's context come from. What is left out, the pool does not have. */
export interface ContextSources {
  readonly lifelineOf: (pool: string) => Lifeline | undefined;
  readonly configOf?: (pool: string) => PoolConfig | undefined;
  /** The checks that the pool's runbook names for a step; undefined: it has no such step. */
  readonly checksOf?: (pool: string, step: number) => readonly CheckCall[] | undefined;
  readonly prometheusOf?: (pool: string) => PrometheusReader | undefined;
  readonly samplesOf?: (pool: string) => Promise<readonly Point[]>;
  readonly baselineOf?: (pool: string, openedAt: Date) => StatementCounters | undefined;
  readonly now?: () => Date;
}

/** Makes the context of checks; steps that run at the same time share what was read of the server. */
export class Contexts {
  readonly #sources: ContextSources;
  readonly #snapshots = new WeakMap<Lifeline, Snapshots>();

  constructor(sources: ContextSources) {
    this.#sources = sources;
  }

  /** What the checks of the pool may ask; `undefined` when the pool is not configured. */
  of(pool: string, openedAt: Date): CheckContext | undefined {
    const { lifelineOf, configOf, prometheusOf, samplesOf, baselineOf, now } = this.#sources;
    const lifeline = lifelineOf(pool);
    if (lifeline === undefined) return undefined;
    const snapshots = this.#snapshots.get(lifeline) ?? new Snapshots(lifeline);
    this.#snapshots.set(lifeline, snapshots);
    const config = configOf?.(pool) ?? unknownConfig(pool);
    const prometheus = prometheusOf?.(pool);
    const baseline = baselineOf?.(pool, openedAt);
    return {
      lifeline,
      config,
      snapshots,
      samples: async () => (await samplesOf?.(pool)) ?? [],
      openedAt,
      now: now?.() ?? new Date(),
      readLog: async (lines, timeoutMs) => {
        if (config.logs === undefined)
          throw new CheckFailure(
            'the application’s log is not configured',
            'set logs of the pool in lifeguard.yaml',
          );
        return readLogTail({ ...config.logs, lines }, timeoutMs);
      },
      ...(prometheus === undefined ? {} : { prometheus }),
      ...(baseline === undefined ? {} : { baseline }),
    };
  }

  /** The checks of a step of the pool's runbook; `undefined`: it has no such step. */
  checks(pool: string, step: number): readonly CheckCall[] | undefined {
    const { checksOf } = this.#sources;
    return checksOf === undefined ? usualChecks(step) : checksOf(pool, step);
  }
}

/** What is assumed of a pool whose configuration is not given. */
function unknownConfig(name: string): PoolConfig {
  return {
    name,
    match: {},
    databaseUrl: '',
    threshold: 90,
    verify: { withinMs: 60_000, healthyBelow: 80 },
    links: {},
    recycleMs: 3_600_000,
  };
}
