import type { PoolConfig } from '../config/types.ts';
import type { StepFindings } from '../incident/events.ts';
import type { Facts } from '../incident/facts.ts';
import type { PoolReading } from '../incident/remedy.ts';
import type { Lifeline } from '../pool/lifeline.ts';
import type { Point } from '../pool/series.ts';
import type { StatementCounters } from '../pool/statements.ts';
import type { PrometheusClient } from '../prometheus/client.ts';
import type { Snapshots } from './snapshots.ts';

/** One kind of look at the pool, with its parameters `P`. */
export interface Check<P> {
  readonly name: string;
  /** `lifeline`: asks the pool's one connection, so one after the other. `network`: others; in parallel. */
  readonly over: 'lifeline' | 'network';
  /** @throws CheckFailure with the mend, or as `Lifeline.query` does */
  run(context: CheckContext, params: P): Promise<CheckResult>;
}

/** What a check brings back. */
export interface CheckResult {
  readonly findings: StepFindings;
  readonly facts: Partial<Facts>;
  readonly reading?: PoolReading;
}

/** What a check may ask. */
export interface CheckContext {
  readonly lifeline: Lifeline;
  readonly config: PoolConfig;
  /** Activity and locks, read once for all checks that need them at the same time. */
  readonly snapshots: Snapshots;
  /** Absent where the pool has no Prometheus. */
  readonly prometheus?: PrometheusReader;
  /** The bot's own samples of the last 24 hours, oldest first: per cent of the usable connections. */
  samples(): Promise<readonly Point[]>;
  /** When the incident opened. */
  readonly openedAt: Date;
  readonly now: Date;
  /** The statements' counters from before the incident, or the earliest since. */
  readonly baseline?: StatementCounters;
  /** The end of a log, newest line last. Given so that tests need no container. */
  readLog(lines: number, timeoutMs: number): Promise<readonly string[]>;
}

/** What checks ask of Prometheus. */
export type PrometheusReader = Pick<PrometheusClient, 'instant' | 'range'>;

/** A check that could not be run: why, and the statement or setting that mends it. */
export class CheckFailure extends Error {
  readonly mend: string | undefined;

  constructor(message: string, mend?: string) {
    super(message);
    this.name = 'CheckFailure';
    this.mend = mend;
  }
}

/** The server ends each statement of a check after this long. */
export const CHECK_TIMEOUT_MS = 1_000;

/** `one session`, `3 sessions`. */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`;
}
