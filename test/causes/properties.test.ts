import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { probabilityOf } from '../../src/causes/calibration.ts';
import type { Facts } from '../../src/causes/facts.ts';
import { CAUSES, type CauseId, diagnose } from '../../src/causes/index.ts';
import { connections, HEALTHY, session } from './given.ts';

const n = fc.integer({ min: 0, max: 500 });
const ms = fc.oneof(fc.double({ min: 0, max: 1e7, noNaN: true }), fc.constant(Number.NaN));
const fact = fc
  .record({ pid: n, ageMs: ms, state: fc.constantFrom('active', 'idle in transaction'), query: fc.string() })
  .map(session);
const optional = { noNullPrototype: true, requiredKeys: [] };
const groups = fc.array(
  fc.record({ application: fc.string(), lastStatement: fc.string(), sessions: n, oldestMs: ms }),
  { maxLength: 5 },
);

/** Any facts at all, also such as no server would give. */
const anyFacts = fc.record(
  {
    connections: fc.record({
      used: n,
      usable: n,
      active: n,
      idle: n,
      idleInTransaction: n,
      waitingForLock: n,
      working: n,
      longActive: n,
      medianActiveMs: ms,
      medianConnectedMs: ms,
      oldestActive: fact,
      oldestTransaction: fact,
    }),
    locks: fc.record({
      waiters: n,
      behindPrepared: n,
      root: fc
        .record({ blocks: n, isDdl: fc.boolean(), isVacuum: fc.boolean() })
        .map((lock) => ({ ...session(), kind: 'row' as const, ...lock })),
      blockedDdl: n.map((behind) => ({ ...session(), behind })),
    }),
    prepared: fc.record({
      count: n,
      oldest: ms.map((ageMs) => ({ gid: 'g', ageMs, owner: 'o', database: 'd' })),
    }),
    leaks: fc.record({ inTransaction: groups, idle: groups }),
    logs: fc.record({ lines: n, matches: fc.dictionary(fc.string(), n) }),
    traffic: fc.record({
      ratePerMinute: ms,
      baselinePerMinute: ms,
      ratio: ms,
      errorShare: fc.double({ min: 0, max: 1 }),
    }),
    statements: fc.record({
      top: fc.array(
        fc.record({
          query: fc.string(),
          calls: n,
          meanMs: ms,
          share: fc.double({ min: 0, max: 1 }),
          slowdown: ms,
        }),
        { maxLength: 4 },
      ),
      callsPerSecond: ms,
    }),
    replication: fc.record({ replicas: n, waitingForSync: n, worstLagMs: ms }),
    vacuum: fc.record({
      running: fc.array(fc.record({ pid: n, table: fc.string(), antiWraparound: fc.boolean(), blocks: n }), {
        maxLength: 3,
      }),
      blocked: n,
    }),
  },
  optional,
) as fc.Arbitrary<Facts>;

function weightOf(cause: CauseId, facts: Facts): number {
  return CAUSES.find(({ id }) => id === cause)?.weigh(facts, { minuteMs: 60_000 })?.weight ?? 0;
}

/** What the evidence of a cause looks like, more of it the larger the number (1 to 100). */
const EVIDENCE: Readonly<Record<CauseId, (more: number) => Facts>> = {
  leak_missing_return: (more) => ({
    leaks: {
      inTransaction: [{ application: 'a', lastStatement: 's', sessions: more, oldestMs: 90_000 }],
      idle: [],
    },
  }),
  long_transaction: (more) => ({
    connections: connections({ longActive: 1, oldestActive: session({ ageMs: more * 10_000 }) }),
  }),
  slow_queries: (more) => ({
    connections: connections({ active: 40, working: 40, medianActiveMs: more * 300 }),
  }),
  lock_contention: (more) => ({ locks: { waiters: more, behindPrepared: 0 } }),
  ddl_blocking: (more) => ({
    locks: { waiters: more + 1, behindPrepared: 0, blockedDdl: { ...session(), behind: more } },
  }),
  vacuum_blocking: (more) => ({
    vacuum: { running: [{ pid: 1, table: 't', antiWraparound: true, blocks: more }], blocked: 0 },
  }),
  replication_lag: (more) => ({ replication: { replicas: 1, waitingForSync: more } }),
  chatty_client: (more) => ({
    connections: connections({ used: 80 }),
    statements: { top: [{ query: 'q', calls: 9, meanMs: 0.1, share: 1 }], callsPerSecond: more * 100 },
  }),
  pool_too_small: (more) => ({ connections: connections({ used: more, active: 60, working: 60 }) }),
  missing_timeouts: (more) => ({
    connections: connections({ used: 90 }),
    leaks: {
      inTransaction: [],
      idle: ['a', 'b', 'c'].map((application) => ({
        application,
        lastStatement: 's',
        sessions: more,
        oldestMs: 1,
      })),
    },
  }),
  traffic_spike: (more) => ({
    traffic: { ratePerMinute: 1, baselinePerMinute: 1, ratio: 1 + (more / 100) * 6 },
  }),
  flood: (more) => ({ traffic: { ratePerMinute: 1, baselinePerMinute: 1, ratio: more } }),
  retry_storm: (more) => ({
    traffic: { ratePerMinute: 1, baselinePerMinute: 1, ratio: 2, errorShare: more / 100 },
  }),
  orphaned_prepared_transaction: (more) => ({ locks: { waiters: more, behindPrepared: more } }),
};

describe('diagnose, whatever it is given,', () => {
  it('never throws, stays within 0 and 1, ranks downwards and says the same twice', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const verdict = diagnose(facts);
        expect(diagnose(structuredClone(facts))).toEqual(verdict);
        const given = verdict.causes.map(({ probability }) => probability);
        for (const probability of given) expect(probability > 0 && probability <= 1).toBe(true);
        expect(given).toEqual([...given].sort((one, other) => other - one));
        expect(new Set(verdict.causes.map(({ cause }) => cause)).size).toBe(verdict.causes.length);
        for (const { id } of CAUSES) expect(weightOf(id, facts)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });

  it.each(CAUSES.map(({ id }) => id))('gives %s no less weight for more of its evidence', (cause) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }), (one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        const at = (amount: number) => weightOf(cause, { ...HEALTHY, ...EVIDENCE[cause](amount) });
        expect(at(more)).toBeGreaterThanOrEqual(at(less));
        expect(at(100)).toBeGreaterThan(0);
      }),
    );
  });

  it('gives a greater weight no smaller probability', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (one, other) => {
          expect(probabilityOf(Math.max(one, other))).toBeGreaterThanOrEqual(
            probabilityOf(Math.min(one, other)),
          );
        },
      ),
    );
  });
});
