import { Later } from '../effects/handler.ts';
import type { Retry } from './outcome.ts';

/** A page that has not come to be after this long is not worth waiting for. */
const GIVE_UP_AFTER_MS = 60 * 60_000;

/**
 * PagerDuty makes the incident of a page a moment after it has taken it; a page that is not sent has none.
 *
 * @param ageMs for how long the effect has been owed
 * @throws Later until an hour has passed; then the effect is let be
 */
export function notYet(ageMs: number): object {
  if (ageMs > GIVE_UP_AFTER_MS) return {};
  throw new Later('the page has no PagerDuty incident yet');
}

/** What is to be tried again, as the effect that asked. */
export function laterFor({ message, afterMs }: Retry): Later {
  return new Later(`PagerDuty: ${message}`, afterMs === undefined ? {} : { afterMs });
}
