import type { Facts } from './facts.ts';
import type { CauseId, SuggestedRemedy } from './verdict.ts';

/** How long things may take before they count as long. */
export interface Scale {
  /** Milliseconds after which a query, transaction or lock is long; 60,000 but in the fault lab. */
  readonly minuteMs: number;
}

/** What one cause makes of the facts. */
export interface Weighed {
  /** How strongly the facts speak for the cause, 0 to 1; grows with its own evidence. */
  readonly weight: number;
  readonly evidence: readonly string[];
  readonly remedy?: SuggestedRemedy;
  readonly advice: string;
}

/** One root cause: a file of this folder, listed in `index.ts`. */
export interface Cause {
  readonly id: CauseId;
  readonly title: string;
  /** Undefined when nothing speaks for it. Never throws. */
  weigh(facts: Facts, scale: Scale): Weighed | undefined;
}
