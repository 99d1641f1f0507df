import type { Ask, Budget } from '../store/budgets.ts';

/**
 * What Slack takes: https://docs.slack.dev/apis/web-api/rate-limits. Where that says “bursts” without a
 * number, the number is ours.
 */

/** The calls that are billed. The others are few, or are answered to a person who waits for them. */
export type Billed =
  | 'chat.postMessage'
  | 'chat.update'
  | 'conversations.history'
  | 'conversations.replies'
  | 'files';

const MINUTE_MS = 60_000;

/** One message a second a channel, with short bursts: a thread, its verdict and an answer are one. */
const CHANNEL = { intervalMs: 1_000, burst: 4 };

/** “Several hundred messages per minute” in a workspace: fewer than the fewest that can mean. */
const WORKSPACE: Budget = { key: 'chat.postMessage', intervalMs: MINUTE_MS / 240, burst: 60 };

/** Tiers 3 and 4: 50 and 100 calls a minute a method. Not all of it, for what is on its way may arrive at once. */
const TIER_3 = { intervalMs: MINUTE_MS / 48, burst: 20 };
const TIER_4 = { intervalMs: MINUTE_MS / 96, burst: 20 };

/** What calls are billed to. */
export interface Limits {
  /**
   * The budgets that a call is billed to: the narrowest first, which is the one that it waits for.
   *
   * @param channel of a message: as the configuration names it
   */
  readonly budgetsOf: (method: Billed, channel?: string) => readonly [Budget, ...Budget[]];
  /** How the first message of a new incident is billed while the incident is being committed. */
  readonly firstBill: (channel: string) => Ask;
}

/** Slack's limits. @param pace so many times faster than Slack's: tests only */
export function createLimits(pace = 1): Limits {
  const paced = (budget: Budget): Budget => ({ ...budget, intervalMs: budget.intervalMs / pace });
  const budgetsOf: Limits['budgetsOf'] = (method, channel = '') => {
    switch (method) {
      case 'chat.postMessage':
        return [paced({ key: `${method} ${channel}`, ...CHANNEL }), paced(WORKSPACE)];
      case 'files':
        // Both methods of an upload are of tier 4, and are called once each.
        return [paced({ key: method, ...TIER_4 })];
      default:
        return [paced({ key: method, ...TIER_3 })];
    }
  };
  return {
    budgetsOf,
    firstBill: (channel) => ({ budgets: budgetsOf('chat.postMessage', channel), urgency: 1 }),
  };
}
