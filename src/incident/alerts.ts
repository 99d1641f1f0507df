/** One alert as Alertmanager reports it, cut to what an incident needs. */
export interface Alert {
  /** Alertmanager's identity of the label set. */
  readonly fingerprint: string;
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** ISO 8601. A new `startsAt` of the same fingerprint is a new firing. */
  readonly startsAt: string;
  readonly endsAt?: string;
  readonly generatorURL?: string;
}

/** An alert inside an incident's state. */
export interface KnownAlert {
  readonly fingerprint: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly generatorURL?: string;
  readonly firing: boolean;
}

/** The alert's name, or a stand-in for alerts that carry none. */
export function alertName(labels: Readonly<Record<string, string>>): string {
  return labels['alertname'] ?? 'unnamed alert';
}
