import type { Command } from '../incident/commands.ts';
import type { EffectKind, EffectOf } from '../incident/effects.ts';
import type { Claimed, EffectOutcome } from '../store/store.ts';

/** What a handler reports when its work is done. */
export interface Handled {
  /** The outcome, as a command to the incident. */
  readonly command?: Command;
  /** The message that now stands in its slot. */
  readonly message?: EffectOutcome['message'];
  /** Not over yet: run it again after this long; what it reports besides is committed before. The due time is in the store, so a killed process loses none. */
  readonly againAfterMs?: number;
}

/** What an effect was committed with. Nothing came between: it is the first of a new incident. */
export type CommittedWith = Claimed['with'];

/**
 * Carries out one kind of effect, with one outside system. It must be safe to run twice: whatever
 * the outside system did before an answer was lost is found again, not done again.
 *
 * @throws Later when it should be tried again, Hopeless when it never can succeed; any other error
 * counts as Later
 */
export type Handler<K extends EffectKind> = (
  effect: EffectOf<K>,
  /** Given where the effect is carried out right after its commit: what stands need not be asked for. */
  committed?: CommittedWith,
) => Promise<Handled>;

/** A handler for every kind of effect. */
export type Handlers = { readonly [K in EffectKind]: Handler<K> };

/** Not now: try again, after `afterMs` when the outside system named a time. */
export class Later extends Error {
  readonly afterMs: number | undefined;
  /** Something worth recording about the failed try. */
  readonly command: Command | undefined;

  constructor(message: string, options: { afterMs?: number; command?: Command; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'Later';
    this.afterMs = options.afterMs;
    this.command = options.command;
  }
}

/**
 * Not sent, for the outside system takes no more just now: it waits until its turn comes, and whoever
 * worked at it is free meanwhile.
 */
export class NoRoom extends Error {
  /** What it waits for. */
  readonly budget: string;

  constructor(budget: string) {
    super(`waits for its turn: ${budget}`);
    this.name = 'NoRoom';
    this.budget = budget;
  }
}

/** Never: the outside system refused it for good. */
export class Hopeless extends Error {
  /** What the incident is told; a plain `RecordDeadEffect` when left out. */
  readonly command: Command | undefined;

  constructor(message: string, options: { command?: Command; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'Hopeless';
    this.command = options.command;
  }
}
