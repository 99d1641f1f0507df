import { readingOf } from '../checks/connections.ts';
import type { PoolReading } from '../incident/remedy.ts';
import { readActivity } from '../pool/activity.ts';
import type { Lifeline } from '../pool/lifeline.ts';

/** The pool's utilisation; not having one stops no remedy. */
export async function poolReading(lifeline: Lifeline): Promise<PoolReading | undefined> {
  try {
    return readingOf(await readActivity(lifeline));
  } catch {
    return undefined;
  }
}
