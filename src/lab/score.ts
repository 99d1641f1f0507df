import type { CauseId } from '../causes/index.ts';
import type { Outcome } from './run.ts';

/** How well the verdicts of some runs did. */
export interface Score {
  readonly runs: number;
  /** Runs with a fault, and how many of them were named right first, or within the first two. */
  readonly faulty: number;
  readonly top1: number;
  readonly top2: number;
  readonly healthy: number;
  /** Healthy runs in which something was named all the same. */
  readonly falseAlarms: number;
}

/** What was named first; `none` when nothing was. */
export function firstOf(outcome: Outcome): CauseId | 'none' {
  return outcome.verdict.causes[0]?.cause ?? 'none';
}

/** Whether the first cause is one of the true ones. */
export function isTop1({ truth, verdict }: Outcome): boolean {
  const first = verdict.causes[0];
  return first !== undefined && truth.includes(first.cause);
}

/** Whether all true causes, one or two, are among the first two. */
export function isTop2({ truth, verdict }: Outcome): boolean {
  const two = verdict.causes.slice(0, 2).map(({ cause }) => cause);
  return truth.length > 0 && truth.every((cause) => two.includes(cause));
}

/** Counts. */
export function scoreOf(outcomes: readonly Outcome[]): Score {
  const faulty = outcomes.filter(({ truth }) => truth.length > 0);
  const healthy = outcomes.filter(({ truth }) => truth.length === 0);
  return {
    runs: outcomes.length,
    faulty: faulty.length,
    top1: faulty.filter(isTop1).length,
    top2: faulty.filter(isTop2).length,
    healthy: healthy.length,
    falseAlarms: healthy.filter(({ verdict }) => verdict.causes.length > 0).length,
  };
}

/** One step of probability: what it was given for, and how often that was right. */
export interface Reliability {
  readonly probability: number;
  readonly named: number;
  readonly right: number;
}

/** Of all causes named, at any rank, by the probability they were given. */
export function reliability(outcomes: readonly Outcome[]): Reliability[] {
  const bins = new Map<number, { named: number; right: number }>();
  for (const { truth, verdict } of outcomes) {
    for (const { cause, probability } of verdict.causes) {
      const bin = bins.get(probability) ?? { named: 0, right: 0 };
      bin.named += 1;
      if (truth.includes(cause)) bin.right += 1;
      bins.set(probability, bin);
    }
  }
  return [...bins]
    .map(([probability, bin]) => ({ probability, ...bin }))
    .sort((one, other) => other.probability - one.probability);
}
