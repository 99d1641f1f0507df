import type {
  Action,
  PoolReading,
  Preview,
  RemedyOutcome,
  RemedyRequest,
  Target,
} from '../incident/remedy.ts';
import type { Lifeline } from '../pool/lifeline.ts';

/** A remedy as it can be asked for: what exactly, on what, and what people are shown. */
export interface RemedyPlan<T extends Target = Target> {
  readonly action: Action;
  readonly target: T;
  readonly preview: Preview;
}

/** Why there is no plan; `protected` when what is meant exists and must not, or cannot, be touched. */
export interface NoPlan {
  readonly refused: string;
  readonly protected: boolean;
}

/** How an execution went. */
export interface RemedyResult {
  readonly outcome: RemedyOutcome;
  /** One sentence for people; a statement that mends it stands between backticks. */
  readonly detail: string;
  readonly ms: number;
  /** It may have been done or not: nobody here can tell. */
  readonly unknown?: true;
}

/**
 * One remedy, from the asking to the proof. A file each; the registry lists them.
 *
 * What is asked for (`Wish`) is what a button or a command can name; what is approved (`T`) is what the
 * preview found, exactly. All throw as `Lifeline.query` does while the pool cannot be reached.
 */
export interface Remedy<Wish, T extends Target> {
  /** Looks afresh and says what carrying it out would mean. Changes nothing. */
  preview(lifeline: Lifeline, wish: Wish, now: Date): Promise<RemedyPlan<T> | NoPlan>;
  /** The asking that leads to this target: with it the preview is taken again before anything is done. */
  wishOf(target: T): Wish;
  /** Whether what the second preview found is still what was approved, or enough of it to go on. */
  holds(approved: T, found: T): boolean;
  /**
   * Does what was approved, or nothing. Safe to run twice: `again` says that a run before this one may
   * have done it already.
   */
  execute(lifeline: Lifeline, target: T, again: boolean): Promise<RemedyResult>;
  /**
   * Sets back what was done, if it is still as `execute` left it; left out where that cannot be. Safe to run
   * twice, as `execute` is.
   */
  readonly undo?: (lifeline: Lifeline, target: T, again: boolean) => Promise<RemedyResult>;
  /** Whether it was done can afterwards be told by its receiver only, so that no look tells it. */
  readonly isUnseen?: boolean;
  /** The figure by which it is judged whether it helped; `undefined` where there is none to be had. */
  verify(lifeline: Lifeline): Promise<PoolReading | undefined>;
}

/** A remedy together with what was approved. */
export interface BoundRemedy {
  /** The second preview: why it must not be carried out any more; `undefined` when it may. */
  recheck(lifeline: Lifeline, now: Date): Promise<Omit<RemedyResult, 'ms'> | undefined>;
  execute(lifeline: Lifeline, again: boolean): Promise<RemedyResult>;
  readonly isUnseen: boolean;
  /** Present where it can be undone. */
  readonly undo?: (lifeline: Lifeline, again: boolean) => Promise<RemedyResult>;
  verify(lifeline: Lifeline): Promise<PoolReading | undefined>;
}

/** What was approved, as far as carrying it out goes. */
export type Approved = Pick<RemedyRequest, 'action' | 'target'>;

/** Puts a remedy and its target together. */
export function bind<Wish, T extends Target>(remedy: Remedy<Wish, T>, target: T): BoundRemedy {
  const { undo } = remedy;
  return {
    async recheck(lifeline, now) {
      const found = await remedy.preview(lifeline, remedy.wishOf(target), now);
      if ('refused' in found) {
        return { outcome: found.protected ? 'refused' : 'nothing_to_do', detail: found.refused };
      }
      if (remedy.holds(target, found.target)) return undefined;
      return {
        outcome: 'nothing_to_do',
        detail: 'What was approved is not there any more as it was shown; nothing was done.',
      };
    },
    execute: (lifeline, again) => remedy.execute(lifeline, target, again),
    verify: (lifeline) => remedy.verify(lifeline),
    isUnseen: remedy.isUnseen ?? false,
    ...(undo === undefined ? {} : { undo: (lifeline, again) => undo(lifeline, target, again) }),
  };
}
