import { duration } from '../incident/words.ts';
import type { Alarms } from '../store/alarms.ts';

/** Several looks must be missing before that counts as a time in which nobody looked. */
const LEAST_GAP_MS = 30_000;

export interface AlertWatchOptions {
  readonly alarms: Pick<Alarms, 'sight' | 'sightings'>;
  readonly everyMs: number;
  readonly graceMs: number;
  readonly alertname: string;
  /** Told when the alert was last seen. */
  readonly onSeen?: (at: Date) => void;
}

/**
 * Whether Alertmanager's always-firing alert comes as it should. A time in which no replica was there
 * to see it does not count against it, unless that was shorter than the grace.
 *
 * @returns a look: resolves with what is wrong, or nothing; rejects when the store does not say
 */
export function createAlertWatch(options: AlertWatchOptions): () => Promise<string | undefined> {
  const { alarms, everyMs, graceMs, alertname } = options;
  return async () => {
    const { now, alert, look, resumed } = await alarms.sightings();
    await alarms.sight('look');
    if (alert !== null) options.onSeen?.(alert);
    if (look === null || now.getTime() - look.getTime() > Math.max(graceMs, LEAST_GAP_MS)) {
      await alarms.sight('resumed');
      return undefined;
    }
    const since = Math.max(alert?.getTime() ?? 0, resumed?.getTime() ?? 0);
    const awayMs = now.getTime() - since;
    if (awayMs <= everyMs + graceMs) return undefined;
    return `Alertmanager's ${alertname} alert has not come for ${duration(awayMs)}: alerts may not arrive`;
  };
}
