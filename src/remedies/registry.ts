import type { Lifeline } from '../pool/lifeline.ts';
import { type Approved, type BoundRemedy, bind, type NoPlan, type RemedyPlan } from './remedy.ts';
import { type TerminateWish, terminate } from './terminate.ts';

/** Everything that a button or a command can ask for. A new remedy is one file and its lines here. */
export type Wish = TerminateWish;

/**
 * Looks afresh at what is wished for, and says what it would mean.
 *
 * @throws as `Lifeline.query` does
 */
export function previewOf(lifeline: Lifeline, wish: Wish, now: Date): Promise<RemedyPlan | NoPlan> {
  return terminate.preview(lifeline, wish, now);
}

/** The remedy that carries out what was approved; `undefined` when this version knows none for it. */
export function remedyFor({ action, target }: Approved): BoundRemedy | undefined {
  if (action === 'terminate' && target.kind === 'backend') return bind(terminate, target);
  return undefined;
}

/** What was wished for, as the timeline names a refusal. */
export function nameOf(wish: Wish): string {
  return `Terminate backend ${wish.pid}`;
}
