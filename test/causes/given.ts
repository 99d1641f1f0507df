import type { ConnectionFacts, Facts, SessionFact } from '../../src/causes/facts.ts';

/** A quiet pool of 100 usable connections, `over` put on top. */
export function connections(over: Partial<ConnectionFacts> = {}): ConnectionFacts {
  return {
    used: 20,
    usable: 100,
    active: 4,
    idle: 16,
    idleInTransaction: 0,
    waitingForLock: 0,
    working: 4,
    longActive: 0,
    medianActiveMs: 5,
    medianConnectedMs: 600_000,
    ...over,
  };
}

/** One session, by default an active one of five minutes. */
export function session(over: Partial<SessionFact> = {}): SessionFact {
  return {
    pid: 4711,
    backendStart: '2026-01-01T00:00:00.000000Z',
    application: 'catalytic-api',
    state: 'active',
    ageMs: 300_000,
    query: 'select ? from orders',
    ...over,
  };
}

/** Everything looked at, and nothing wrong. */
export const HEALTHY: Facts = {
  connections: connections(),
  locks: { waiters: 0, behindPrepared: 0 },
  prepared: { count: 0 },
  leaks: { inTransaction: [], idle: [] },
  traffic: { ratePerMinute: 6_000, baselinePerMinute: 5_800, ratio: 1.03 },
  statements: {
    top: [{ query: 'select ? from orders', calls: 9_000, meanMs: 4, share: 0.8 }],
    callsPerSecond: 300,
  },
  replication: { replicas: 1, worstLagMs: 40, waitingForSync: 0 },
  vacuum: { running: [], blocked: 0 },
  settings: {
    maxConnections: 103,
    idleInTransactionTimeoutMs: 0,
    statementTimeoutMs: 0,
    idleSessionTimeoutMs: 0,
  },
};
