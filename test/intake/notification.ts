/** One alert in a notification. */
export interface SampleAlert {
  [field: string]: unknown;
  status: 'firing' | 'resolved';
  labels: Record<string, string>;
}

const STARTED = '2026-01-01T00:00:00.123456789Z';

/** An alert as Alertmanager writes it, with what is particular to it. */
export function alert(parts: Partial<SampleAlert> = {}): SampleAlert {
  return {
    status: 'firing',
    labels: { alertname: 'DatabaseConnectionPoolExhaustion', datname: 'orders', severity: 'critical' },
    annotations: { summary: '97 of 97 connections are taken' },
    startsAt: STARTED,
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus.example.com:9090/graph?g0.expr=up',
    fingerprint: 'cf94611472dca36c',
    ...parts,
  };
}

/** An alert of another database, with a fingerprint of its own. */
export function alertOf(datname: string, parts: Partial<SampleAlert> = {}): SampleAlert {
  const fingerprint = Buffer.from(datname.padEnd(8, '.').slice(0, 8)).toString('hex');
  return alert({ labels: { alertname: 'PoolExhaustion', datname }, fingerprint, ...parts });
}

/** A notification of version 4 of these alerts, with what is particular to it. */
export function notification(
  alerts: unknown = [alert()],
  parts: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    version: '4',
    groupKey: '{}:{alertname="DatabaseConnectionPoolExhaustion"}',
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'lifeguard',
    groupLabels: { alertname: 'DatabaseConnectionPoolExhaustion' },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager.example.com:9093',
    alerts,
    ...parts,
  };
}
