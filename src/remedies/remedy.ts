import type { Action, Preview, Target } from '../incident/remedy.ts';

/** A remedy as it can be asked for: what exactly, on what, and what people are shown. */
export interface RemedyPlan {
  readonly action: Action;
  readonly target: Target;
  readonly preview: Preview;
}
