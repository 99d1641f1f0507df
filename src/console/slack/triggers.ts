import { randomBytes } from 'node:crypto';

/** A trigger_id lives this long (docs.slack.dev/interactivity/handling-user-interaction). */
export const TRIGGER_LIFETIME_MS = 3_000;

/** Why a trigger_id opens nothing, in Slack's words. */
export type TriggerFault = 'invalid_trigger_id' | 'expired_trigger_id' | 'exchanged_trigger_id';

/** After this many newer ones a trigger is forgotten altogether and called invalid. */
const REMEMBERED = 1_000;

/** The trigger_ids given out with commands and clicks: each opens one modal, within three seconds. */
export class Triggers {
  readonly #issued = new Map<string, { user: string; at: number; used: boolean }>();
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A new trigger_id for something this user just did. */
  issue(user: string): string {
    const at = this.#now();
    const id = `${at}.${randomBytes(5).readUIntBE(0, 5)}.${randomBytes(16).toString('hex')}`;
    this.#issued.set(id, { user, at, used: false });
    if (this.#issued.size > REMEMBERED) {
      for (const oldest of this.#issued.keys()) {
        this.#issued.delete(oldest);
        break;
      }
    }
    return id;
  }

  /** Looks without using up: is it known, still alive, not used before? */
  check(id: string): TriggerFault | { user: string } {
    const trigger = this.#issued.get(id);
    if (trigger === undefined) return 'invalid_trigger_id';
    if (trigger.used) return 'exchanged_trigger_id';
    if (this.#now() - trigger.at > TRIGGER_LIFETIME_MS) return 'expired_trigger_id';
    return { user: trigger.user };
  }

  /** Uses a trigger up. */
  spend(id: string): void {
    const trigger = this.#issued.get(id);
    if (trigger !== undefined) trigger.used = true;
  }
}
