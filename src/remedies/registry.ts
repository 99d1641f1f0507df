import type { Lifeline } from '../pool/lifeline.ts';
import { type CancelWish, cancel } from './cancel.ts';
import { type Approved, type BoundRemedy, bind, type NoPlan, type RemedyPlan } from './remedy.ts';
import { type TerminateWish, terminate } from './terminate.ts';

/** Everything that a button or a command can ask for. A new remedy is one file and its lines here. */
export type Wish = TerminateWish | CancelWish;

/**
 * Looks afresh at what is wished for, and says what it would mean.
 *
 * @throws as `Lifeline.query` does
 */
export function previewOf(lifeline: Lifeline, wish: Wish, now: Date): Promise<RemedyPlan | NoPlan> {
  switch (wish.action) {
    case 'terminate':
      return terminate.preview(lifeline, wish, now);
    case 'cancel':
      return cancel.preview(lifeline, wish, now);
  }
}

/** The remedy that carries out what was approved; `undefined` when this version knows none for it. */
export function remedyFor({ action, target }: Approved): BoundRemedy | undefined {
  if (target.kind !== 'backend') return undefined;
  if (action === 'terminate') return bind(terminate, target);
  const { queryStart } = target;
  return action === 'cancel' && queryStart !== undefined
    ? bind(cancel, { ...target, queryStart })
    : undefined;
}

/** What was wished for, as the timeline names a refusal. */
export function nameOf(wish: Wish): string {
  switch (wish.action) {
    case 'terminate':
      return `Terminate backend ${wish.pid}`;
    case 'cancel':
      return `Cancel the query of backend ${wish.pid}`;
  }
}
