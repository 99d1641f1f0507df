import type { Command } from '../incident/commands.ts';
import type { Policy } from '../incident/policy.ts';
import { NO_TRACING, type Tracing } from '../observe/tracing.ts';
import { runnable } from '../store/outbox.ts';
import type { Address, Claimed, Committed, EffectOutcome, Store } from '../store/store.ts';
import { traceCommit } from './trace.ts';

/** What the loop needs of the world. */
export interface LoopOptions {
  readonly store: Pick<Store, 'commit'>;
  /** Offers effect ids to the workers; may fail, the sweeper sends them again. */
  readonly dispatch: (ids: readonly string[]) => Promise<void>;
  /** Where this replica works: takes up the first message of a new incident without a way round. */
  readonly atOnce?: {
    /** The name to claim it by; `undefined` while there are no hands free. */
    claimant(): string | undefined;
    run(claimed: Claimed): void;
  };
  /** The rules for a pool, from the configuration as it is now. */
  readonly policy: (pool: string | undefined) => Policy;
  /** Told when something that was committed waits for a budget. */
  readonly onWaiting?: () => void;
  /** Told of every commit, after it: metrics and logs hang here. */
  readonly onCommit?: (committed: Committed, command: Command) => void;
  readonly tracing?: Tracing;
}

/** A command and where it goes. `pool` names the rules for an incident that does not exist yet. */
export interface Submission {
  readonly to: Address;
  readonly command: Command;
  readonly pool?: string;
}

/**
 * The one way round: a command is decided and committed with all that follows from it, and only then
 * are the effects offered to the workers. Returns when the store has it, not when the effects ran.
 */
export class Loop {
  readonly #options: LoopOptions;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  /** Commits commands together: all of them or, when it throws, none. */
  submitAll(submissions: readonly Submission[], outcome?: EffectOutcome): Promise<Committed[]> {
    const { tracing = NO_TRACING } = this.#options;
    return traceCommit(tracing, submissions, () => this.#submitAll(submissions, outcome));
  }

  async #submitAll(
    submissions: readonly Submission[],
    outcome: EffectOutcome | undefined,
  ): Promise<Committed[]> {
    const { store, policy, dispatch, atOnce, onCommit, onWaiting } = this.#options;
    const results = await store.commit(
      submissions.map(({ to, command, pool }) => ({ to, command, policy: (known) => policy(known ?? pool) })),
      outcome,
      atOnce?.claimant(),
    );
    for (const { claimed } of results) if (claimed !== undefined) atOnce?.run(claimed);
    for (const [index, result] of results.entries()) {
      const submission = submissions[index];
      if (submission !== undefined) onCommit?.(result, submission.command);
    }
    const ids = results.flatMap(({ effects, claimed, waits }) =>
      runnable(effects).filter((id) => id !== claimed?.effect.id && id !== waits),
    );
    if (results.some(({ waits }) => waits !== undefined)) onWaiting?.();
    // All is committed: a queue that cannot take it is no reason to tell the caller that it failed.
    if (ids.length > 0) void dispatch(ids).catch(() => undefined);
    return results;
  }

  /** Commits one command. */
  async submit(submission: Submission, outcome?: EffectOutcome): Promise<Committed> {
    const [result] = await this.submitAll([submission], outcome);
    if (result === undefined) throw new Error('the store returned no result for a command');
    return result;
  }
}
