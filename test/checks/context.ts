import type { CheckContext, PrometheusReader } from '../../src/checks/check.ts';
import { Snapshots } from '../../src/checks/snapshots.ts';
import type { PoolConfig } from '../../src/config/types.ts';
import type { Lifeline } from '../../src/pool/lifeline.ts';
import { BUILTIN_CHECKS, type BuiltinCall, type BuiltinName } from '../../src/runbook/builtin.ts';

/** A pool as configured, with nothing beside it. */
export const POOL: PoolConfig = {
  name: 'orders',
  match: { datname: 'orders' },
  databaseUrl: '',
  threshold: 90,
  verify: { withinMs: 60_000, healthyBelow: 80 },
  links: {},
  recycleMs: 3_600_000,
};

/** What checks may ask, with a fresh snapshot. */
export function contextOf(lifeline: Lifeline, parts: Partial<CheckContext> = {}): CheckContext {
  return {
    lifeline,
    config: POOL,
    snapshots: new Snapshots(lifeline),
    samples: async () => [],
    openedAt: new Date(),
    now: new Date(),
    readLog: async () => [],
    ...parts,
  };
}

/** A built-in check as a runbook names it. */
export function call(name: BuiltinName, params: Record<string, unknown> = {}): BuiltinCall {
  return { kind: 'builtin', name, params: BUILTIN_CHECKS[name].parse(params), line: 1 } as BuiltinCall;
}

/** A Prometheus that answers from a table of expressions, and with a straight line in between. */
export function prometheusOf(
  values: Readonly<Record<string, number>>,
  line: readonly number[] = [],
): PrometheusReader {
  return {
    instant: async (expression) => values[expression] ?? Number.NaN,
    range: async (_expression, from, to) =>
      line.map((value, index) => ({
        at: new Date(from.getTime() + ((to.getTime() - from.getTime()) * index) / (line.length - 1)),
        value,
      })),
  };
}
