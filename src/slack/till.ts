import { WebAPIRateLimitedError } from '@slack/web-api';
import { Later, NoRoom } from '../effects/handler.ts';
import type { Effect } from '../incident/effects.ts';
import type { Budgets } from '../store/budgets.ts';
import type { Billed, Limits } from './limits.ts';

/** What a call is billed to. */
export interface Bill {
  readonly method: Billed;
  /** Of a message: as the configuration names it. */
  readonly channel?: string;
}

/** Where calls to Slack are paid for before they are made. */
export interface Till {
  /**
   * Makes a call once there is budget for it.
   *
   * @throws NoRoom when there is none: nothing was sent; or what the call threw
   */
  pay<T>(effect: Pick<Effect, 'urgency' | 'granted'>, bill: Bill, call: () => Promise<T>): Promise<T>;
  /** Gives back what the effect was granted and has no use for. */
  giveBack(effect: Pick<Effect, 'granted'>): Promise<void>;
}

/** What the urgency of an effect is that says nothing about it. */
const USUAL = 2;

/**
 * Keeps Slack's limits for all replicas together; a 429 that comes all the same is obeyed by all of them.
 *
 * What is paid for is counted from then, and by Slack from when it arrives: after a call that took longer
 * on its way than the budget takes to gain one, that much less has come in at the other end. Calls that
 * were late together were late once.
 */
export function createTill(
  budgets: Pick<Budgets, 'spend' | 'refund' | 'delay' | 'hold'>,
  limits: Pick<Limits, 'budgetsOf'>,
): Till {
  /** By budget: until when lateness has been counted, by the clock of `performance.now()`. */
  const counted = new Map<string, number>();
  return {
    async pay(effect, bill, call) {
      const asked = limits.budgetsOf(bill.method, bill.channel);
      const [{ key, intervalMs }] = asked;
      const urgency = effect.urgency ?? USUAL;
      const granted = effect.granted?.budget === key ? effect.granted : undefined;
      const paidAt = granted?.at ?? performance.now();
      if (granted === undefined && !(await budgets.spend({ budgets: asked, urgency }))) throw new NoRoom(key);
      try {
        return await call();
      } catch (error) {
        const refusal = rateLimited(error);
        if (refusal === undefined) throw error;
        await budgets.hold(key, refusal.retryAfter * 1_000);
        throw new NoRoom(key);
      } finally {
        const now = performance.now();
        const lateMs = now - Math.max(paidAt + intervalMs, counted.get(key) ?? 0);
        if (lateMs > 0) {
          counted.set(key, now);
          // What was sent stands, whether this can be noted or not.
          await budgets.delay(key, lateMs).catch(() => undefined);
        }
      }
    },
    async giveBack({ granted }) {
      if (granted !== undefined) await budgets.refund(granted.budget);
    },
  };
}

/** Slack's 429, as the client throws it or as what it means for an effect. */
function rateLimited(error: unknown): WebAPIRateLimitedError | undefined {
  if (error instanceof WebAPIRateLimitedError) return error;
  return error instanceof Later && error.cause instanceof WebAPIRateLimitedError ? error.cause : undefined;
}

/** No limits are kept: a workspace of our own, or a plan that has none. A 429 is answered by waiting. */
export const OPEN_TILL: Till = {
  pay: (_effect, _bill, call) => call(),
  giveBack: async () => undefined,
};
