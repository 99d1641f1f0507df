import type { Loop } from '../effects/loop.ts';
import type { PagerDutyNotice } from './webhook.ts';

/** The incident behind one of our dedup keys, e.g. `lifeguard-inc-42-L2`. */
const OUR_KEY = /^lifeguard-(inc-\d+)-L\d+$/;

/**
 * What PagerDuty's people did there, taken into the incident: an acknowledgement there is one here.
 * Repeats and the echo of our own calls change nothing, since the incident is acknowledged already.
 *
 * @returns a function that resolves once it is committed
 */
export function createNoticeTaker(loop: Pick<Loop, 'submit'>): (notice: PagerDutyNotice) => Promise<void> {
  return async (notice) => {
    const incident = OUR_KEY.exec(notice.incidentKey ?? '')?.[1];
    if (incident === undefined || notice.kind !== 'acknowledged') return;
    const name = notice.by ?? 'someone at PagerDuty';
    const by = { id: name, name, groups: [], via: 'pagerduty' } as const;
    await loop.submit({ to: { incident }, command: { type: 'Acknowledge', by } });
  };
}
