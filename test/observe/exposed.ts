import { Registry } from 'prom-client';
import { createInstruments } from '../../src/observe/instruments.ts';

/** A metric as Lifeguard exposes it. */
export interface Exposed {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** Lifeguard's own metrics, in the order of their registration. */
export function exposed(): Exposed[] {
  const registry = new Registry();
  createInstruments(registry);
  return registry.getMetricsAsArray().map((metric) => {
    const { name, help, type, labelNames } = metric as unknown as {
      name: string;
      help: string;
      type: string;
      labelNames: readonly string[];
    };
    return { name, help, type: String(type), labels: labelNames };
  });
}

/** The names of all samples of the page, the process's own included, as PromQL knows them. */
export function sampleNames(page: string): Set<string> {
  const names = new Set<string>();
  for (const [, name = '', type = ''] of page.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const parts = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    for (const part of parts) names.add(name + part);
  }
  return names;
}
