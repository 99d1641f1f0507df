import type { EffectOf } from '../incident/effects.ts';
import type { Incident } from '../incident/state.ts';
import * as sql from './sql.ts';
import { storableText } from './storable.ts';
import type { Address, Committed, EffectOutcome } from './store.ts';
import type { Transaction } from './transaction.ts';

/** What is paid for in the same transaction. */
export interface Bill {
  readonly effect: string;
  readonly budget: string;
  readonly paid: Promise<boolean>;
}

/** What came of a commit whose first message was paid for out of `budget`, or waits. */
export function billed(committed: Committed, id: string, budget: string | undefined): Committed {
  const { claimed, ...rest } = committed;
  if (budget === undefined) return { ...rest, waits: id };
  if (claimed === undefined) return committed;
  const effect = { ...claimed.effect, granted: { budget, at: performance.now() } };
  return { ...rest, claimed: { ...claimed, effect } };
}

/** Ends an effect within the transaction that reports it, and remembers the message that it left. */
export function finish(write: Transaction['write'], outcome: EffectOutcome): void {
  const dead = outcome.dead === undefined ? null : storableText(outcome.dead);
  void write({ name: 'finish', text: sql.FINISH_EFFECT, values: [outcome.effect, dead] });
  if (outcome.message === undefined) return;
  const { incident, slot, channel, ts, digest } = outcome.message;
  const values = [incident, slot, channel, ts, digest];
  void write({ name: 'save-message', text: sql.SAVE_MESSAGE, values });
}

/** The effect that opens the thread of a new incident: nothing else is in its lane yet. */
export function firstMessage(
  incident: string,
  effects: Committed['effects'],
  now: Date,
): EffectOf<'slack.message'> | undefined {
  const [first] = effects.filter(({ kind }) => kind === 'slack.message');
  if (first?.kind !== 'slack.message' || first.due !== undefined) return undefined;
  const { due: _none, ...work } = first;
  return { ...work, incident, attempt: 1, createdAt: now.toISOString() };
}

/** The key of a pool's incidents. */
export function poolKey(pool: string): string {
  return `pool:${pool}`;
}

/** The key that an incident answers to from now on. */
export function keyOf(to: Address, state: Incident): string {
  if ('key' in to) return to.key;
  return state.pool === undefined || state.kind !== 'incident' ? `id:${state.id}` : poolKey(state.pool);
}

/** The one order in which all transactions take their locks. */
export function compare(one: Address, other: Address): number {
  const a = JSON.stringify(one);
  const b = JSON.stringify(other);
  return a < b ? -1 : a > b ? 1 : 0;
}
