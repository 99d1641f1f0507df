import type { Command } from '../incident/commands.ts';
import type { Effect } from '../incident/effects.ts';
import { originOf } from '../incident/effects-of.ts';
import { currentScope, inScope, type Scope } from '../observe/scope.ts';
import { NO_TRACING, type Span, type Tracing } from '../observe/tracing.ts';
import { RENEW_EVERY_MS } from '../store/lease.ts';
import type { Outbox } from '../store/outbox.ts';
import type { Claimed } from '../store/store.ts';
import { backoffMs } from './backoff.ts';
import { type CommittedWith, type Handled, type Handlers, Hopeless, Later, NoRoom } from './handler.ts';
import type { Loop } from './loop.ts';
import { traceEffect } from './trace.ts';

/** An effect that could not be carried out for this long is given up, and shown as dead. */
export const GIVE_UP_AFTER_MS = 24 * 60 * 60_000;

/** How one run of an effect ended, for logs and metrics. */
export type RunEnd = 'done' | 'superseded' | 'waits' | 'later' | 'dead';

export interface RunnerOptions {
  readonly outbox: Outbox;
  /** Lets an effect wait for a budget. @returns false when another that waits does its work too */
  readonly wait?: (effect: string, budget: string, why: string) => Promise<boolean>;
  readonly loop: Loop;
  readonly handlers: Handlers;
  /** A name of this process, unique among the replicas. */
  readonly name: string;
  /** The time by the store's clock. */
  readonly now: () => Promise<Date>;
  readonly random?: () => number;
  readonly onEnd?: (effect: Effect, end: RunEnd, ms: number, error?: Error) => void;
  readonly onError?: (error: Error) => void;
  readonly tracing?: Tracing;
}

/**
 * Runs effects, each in four moves: claim it in the store, hand it to its handler, commit the outcome
 * together with the effect's end, go on with the next of its lane.
 *
 * Killed between any two moves, the claim runs out and the effect is run again; that is why handlers
 * are safe to run twice. A runner that lives on after the store failed it gives the claim back. The queue
 * only brings ids: what it brings twice or too early is not claimed.
 */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #running = new Set<string>();
  /** Effects whose run the store did not let come to an end: this runner may hold their claims, and does nothing. */
  readonly #cutShort = new Map<string, { readonly attempt: number; readonly error: Error }>();
  #givingBack = false;
  #renewal: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Begins to keep the claims of running effects alive, and to give back those of effects that were cut short. */
  start(): void {
    this.#renewal = setInterval(() => {
      void this.giveBack();
      if (this.#running.size === 0) return;
      this.#options.outbox
        .renew([...this.#running], this.#options.name)
        .catch((error) => this.#report(error));
    }, RENEW_EVERY_MS);
    this.#renewal.unref();
  }

  /**
   * Lets go of what the store's outage cut short, as soon as the store is back: nobody else would find it before the
   * claim has run out. Called by itself; never throws.
   */
  async giveBack(): Promise<void> {
    const { outbox, name, random = Math.random } = this.#options;
    if (this.#givingBack) return;
    this.#givingBack = true;
    try {
      for (const [id, { attempt, error }] of this.#cutShort) {
        if (!this.#running.has(id)) {
          await outbox.giveBack(id, name, backoffMs(attempt, random()), error.message);
        }
        this.#cutShort.delete(id);
        // One that had not been claimed yet is offered to nobody for a while.
        if (!this.#stopping) void this.run(id);
      }
    } catch {
      // The store is still away, as whoever was cut short has said.
    } finally {
      this.#givingBack = false;
    }
  }

  /** Finishes what is running and takes up nothing new. */
  async stop(): Promise<void> {
    this.#stopping = true;
    while (this.#running.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    clearInterval(this.#renewal);
  }

  /** Runs the effect if it is owed and free, then whatever its lane holds. Never throws. */
  run(id: string): Promise<void> {
    return this.#runLane(id, (next) => this.#runOne(next));
  }

  /** Runs an effect that was claimed for this runner as it was committed, then its lane. Never throws. */
  runClaimed({ effect, with: committed }: Claimed): Promise<void> {
    // Whoever committed it hands it over at once: it is still in the span of the commit.
    const { traceparent } = currentScope();
    return this.#runLane(effect.id, (next) =>
      next === effect.id ? this.#runHeld(effect, false, committed, traceparent) : this.#runOne(next),
    );
  }

  async #runLane(first: string, runOne: (id: string) => Promise<string | undefined>): Promise<void> {
    let next: string | undefined = first;
    // What is claimed for this runner is its own to finish, even while it stops.
    while (next !== undefined) {
      const id: string = next;
      // Whoever offered it may be in the midst of another effect: nothing of that is this one's.
      next = await inScope(scopeOf(id), () => this.#reporting(id, () => runOne(id)));
    }
  }

  /** The store cannot be reached: what was claimed is given back when it can, or else the claim runs out by itself. */
  async #reporting(id: string, run: () => Promise<string | undefined>): Promise<string | undefined> {
    try {
      return await run();
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      if (!this.#cutShort.has(id)) this.#cutShort.set(id, { attempt: 1, error });
      this.#report(error);
      return undefined;
    }
  }

  async #runOne(id: string): Promise<string | undefined> {
    // One that was cut short is let go of first: the claim that is given back must not be a newer one.
    if (this.#stopping || this.#cutShort.has(id)) return undefined;
    const claim = await this.#options.outbox.claim(id, this.#options.name);
    return claim === undefined ? undefined : this.#runHeld(claim.effect, claim.superseded);
  }

  /** Runs an effect that this runner has claimed; gives the one that its lane is at then. */
  async #runHeld(
    effect: Effect,
    superseded: boolean,
    committed?: CommittedWith,
    traceparent?: string,
  ): Promise<string | undefined> {
    const { outbox, tracing = NO_TRACING } = this.#options;
    this.#running.add(effect.id);
    try {
      if (superseded) {
        await outbox.finish({ effect: effect.id });
        this.#options.onEnd?.(effect, 'superseded', 0);
      } else if (
        !(await traceEffect(tracing, outbox, effect, traceparent, (span) =>
          this.#carryOut(effect, committed, span),
        ))
      ) {
        return undefined;
      }
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      this.#cutShort.set(effect.id, { attempt: effect.attempt, error });
      throw error;
    } finally {
      this.#running.delete(effect.id);
    }
    return effect.lane === undefined ? undefined : outbox.firstOf(effect.lane);
  }

  /** True when its lane goes on: the effect is over, or has stepped out of it to wait for a budget. */
  async #carryOut(effect: Effect, committed: CommittedWith | undefined, span?: Span): Promise<boolean> {
    const began = performance.now();
    const ended = (end: RunEnd, error?: Error): void => {
      this.#options.onEnd?.(effect, end, performance.now() - began, error);
      span?.set({ 'lifeguard.effect.outcome': end });
      if (error !== undefined) span?.fail(error.name);
    };
    let handled: Handled;
    try {
      handled = await this.#handle(effect, committed);
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      if (error instanceof NoRoom && this.#options.wait !== undefined) {
        const waits = await this.#options.wait(effect.id, error.budget, error.message);
        ended(waits ? 'waits' : 'superseded');
        return true;
      }
      const over = await this.#failed(effect, error);
      ended(over ? 'dead' : 'later', error);
      return over;
    }
    if (handled.againAfterMs !== undefined) {
      const { command, message, againAfterMs } = handled;
      if (command !== undefined)
        await this.#options.loop.submit({ to: { incident: effect.incident }, command });
      await this.#options.outbox.postpone(effect.id, againAfterMs, 'to be looked at again', message);
      ended('later');
      return false;
    }
    const outcome = {
      effect: effect.id,
      ...(handled.message === undefined ? {} : { message: handled.message }),
    };
    if (handled.command === undefined) await this.#options.outbox.finish(outcome);
    else
      await this.#options.loop.submit(
        { to: { incident: effect.incident }, command: handled.command },
        outcome,
      );
    ended('done');
    return true;
  }

  #handle(effect: Effect, committed: CommittedWith | undefined): Promise<Handled> {
    const { handlers } = this.#options;
    switch (effect.kind) {
      case 'slack.message':
        return handlers['slack.message'](effect, committed);
      case 'check.step':
        return handlers['check.step'](effect);
      case 'slack.file':
        return handlers['slack.file'](effect);
      case 'remedy.execute':
        return handlers['remedy.execute'](effect);
      case 'remedy.verify':
        return handlers['remedy.verify'](effect);
      case 'remedy.undo':
        return handlers['remedy.undo'](effect);
      case 'pagerduty.event':
        return handlers['pagerduty.event'](effect);
      case 'pagerduty.note':
        return handlers['pagerduty.note'](effect);
      case 'pagerduty.assign':
        return handlers['pagerduty.assign'](effect);
      case 'timer':
        return handlers.timer(effect);
    }
  }

  async #failed(effect: Effect, error: Error): Promise<boolean> {
    const { outbox, loop, now, random = Math.random } = this.#options;
    const age = (await now()).getTime() - Date.parse(effect.createdAt);
    if (error instanceof Hopeless || age > GIVE_UP_AFTER_MS) {
      const command: Command =
        error instanceof Hopeless && error.command !== undefined ? error.command : deadOf(effect, error);
      await loop.submit(
        { to: { incident: effect.incident }, command },
        { effect: effect.id, dead: error.message },
      );
      return true;
    }
    const asked = error instanceof Later ? error.afterMs : undefined;
    if (error instanceof Later && error.command !== undefined) {
      await loop.submit({ to: { incident: effect.incident }, command: error.command });
    }
    await outbox.postpone(effect.id, asked ?? backoffMs(effect.attempt, random()), error.message);
    return false;
  }

  #report(error: unknown): void {
    this.#options.onError?.(error instanceof Error ? error : new Error(String(error)));
  }
}

function scopeOf(effect: string): Scope {
  const origin = originOf(effect);
  return { effect, ...(origin === undefined ? {} : { incident: origin.incident }) };
}

function deadOf(effect: Effect, error: Error): Command {
  const { payload } = effect;
  return {
    type: 'RecordDeadEffect',
    effect: effect.id,
    kind: effect.kind,
    detail: error.message,
    ...('request' in payload ? { request: payload.request } : {}),
  };
}
