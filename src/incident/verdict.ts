import type { Action, TimeoutSetting } from './remedy.ts';

/** A root cause by name, out of the runbook's list. */
export type CauseId =
  | 'leak_missing_return'
  | 'long_transaction'
  | 'slow_queries'
  | 'lock_contention'
  | 'ddl_blocking'
  | 'vacuum_blocking'
  | 'replication_lag'
  | 'chatty_client'
  | 'pool_too_small'
  | 'missing_timeouts'
  | 'traffic_spike'
  | 'flood'
  | 'retry_storm'
  | 'orphaned_prepared_transaction';

/** What a suggested remedy is aimed at. */
export type SuggestedTarget =
  | {
      readonly kind: 'backend';
      readonly pid: number;
      readonly backendStart: string;
      /** `query_start`, where the remedy is meant for one query. */
      readonly queryStart?: string;
      readonly application: string;
    }
  | { readonly kind: 'leak'; readonly application: string; readonly lastStatement: string }
  | { readonly kind: 'prepared'; readonly gid: string; readonly database: string }
  | { readonly kind: 'application'; readonly application: string }
  | { readonly kind: 'timeout'; readonly setting: TimeoutSetting };

/** The remedy a cause suggests; without a target it is meant for the pool or its application. */
export interface SuggestedRemedy {
  readonly action: Action;
  readonly target?: SuggestedTarget;
}

/** One cause that the evidence speaks for. */
export interface RankedCause {
  readonly cause: CauseId;
  /** Plain words, eight at most. */
  readonly title: string;
  readonly confidence: 'certain' | 'likely' | 'possible';
  /** Share of the fault lab's runs in which a cause weighed like this one was right, 0 to 1. */
  readonly probability: number;
  /** Figures with their units, the strongest first. */
  readonly evidence: readonly string[];
  readonly remedy?: SuggestedRemedy;
  /** What to do about it, one line. */
  readonly advice: string;
}

/** What is most likely wrong, the likeliest first; empty when nothing stands out. */
export interface Verdict {
  readonly causes: readonly RankedCause[];
}
