import { decide } from '../incident/decide/index.ts';
import { fold } from '../incident/evolve.ts';
import type { Policy } from '../incident/policy.ts';
import type { Incident } from '../incident/state.ts';

/** No access rules and no levels: what an incident costs by itself. */
export const POLICY: Policy = {
  access: { approvers: [], twoPerson: [], approvalTtlMs: 600_000 },
  escalation: { levels: [], atOnce: {} },
  reopenWithinMs: 1_800_000,
  channel: '#incidents',
};

/** An incident as the benchmark's alerts open it. */
export function incident(): Incident {
  const startsAt = new Date().toISOString();
  const labels = { alertname: 'DatabaseConnectionPoolExhaustion', severity: 'critical', bench: 'baseline' };
  const alert = {
    fingerprint: 'bench',
    status: 'firing',
    labels,
    annotations: { summary: 'bench' },
    startsAt,
  } as const;
  const command = { type: 'ReceiveAlerts', id: 'inc-0', alerts: [alert], source: 'bench' } as const;
  const opened = fold(decide(undefined, command, new Date(), POLICY).events);
  if (opened === undefined) throw new Error('a firing alert opens an incident');
  return opened;
}
