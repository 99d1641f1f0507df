import { describe, expect, it } from 'vitest';
import type { Facts } from '../../src/causes/facts.ts';
import { CAUSES, type CauseId, diagnose } from '../../src/causes/index.ts';
import { connections, HEALTHY, session } from './given.ts';

const full = connections({ used: 95, active: 30, idle: 65, idleInTransaction: 0 });
const group = { application: 'catalytic-api', lastStatement: 'update stock set n = ?', oldestMs: 600_000 };
const idle = session({ state: 'idle in transaction' });

const CASES: readonly (readonly [CauseId, string, Facts])[] = [
  [
    'leak_missing_return',
    'forty transactions stand open after the same statement',
    {
      leaks: { inTransaction: [{ ...group, sessions: 40 }], idle: [] },
      connections: connections({ used: 92, idleInTransaction: 40 }),
    },
  ],
  [
    'leak_missing_return',
    'half of a full pool sits idle after the same statement',
    { leaks: { inTransaction: [], idle: [{ ...group, sessions: 50 }] }, connections: full },
  ],
  [
    'long_transaction',
    'one report runs for five minutes',
    { connections: connections({ longActive: 1, oldestActive: session() }) },
  ],
  [
    'long_transaction',
    'one transaction was left open',
    { connections: connections({ idleInTransaction: 1, oldestTransaction: idle }) },
  ],
  [
    'slow_queries',
    'forty sessions run statements of twenty seconds',
    { connections: connections({ used: 90, active: 40, working: 40, medianActiveMs: 20_000 }) },
  ],
  [
    'slow_queries',
    'a statement takes ten times what it took',
    {
      connections: connections({ used: 80, active: 40, working: 40, medianActiveMs: 800 }),
      statements: { top: [{ query: 'select', calls: 100, meanMs: 900, share: 0.9, slowdown: 10 }] },
    },
  ],
  [
    'lock_contention',
    'thirty sessions wait for one that is idle in its transaction',
    {
      connections: connections({ used: 50, active: 34, waitingForLock: 30, oldestTransaction: idle }),
      locks: {
        waiters: 30,
        behindPrepared: 0,
        root: { ...idle, blocks: 30, kind: 'row', isDdl: false, isVacuum: false },
      },
    },
  ],
  [
    'lock_contention',
    'forty sessions want the same row all the time',
    {
      connections: connections({ used: 80, active: 44, waitingForLock: 40 }),
      locks: {
        waiters: 40,
        behindPrepared: 0,
        root: { ...session({ ageMs: 30 }), blocks: 40, kind: 'row', isDdl: false, isVacuum: false },
      },
    },
  ],
  [
    'ddl_blocking',
    'an ALTER TABLE waits for a reader and thirty queue behind it',
    {
      connections: connections({ used: 50, active: 34, waitingForLock: 31, oldestTransaction: idle }),
      locks: {
        waiters: 31,
        behindPrepared: 0,
        root: { ...idle, blocks: 31, kind: 'table', isDdl: false, isVacuum: false },
        blockedDdl: { ...session({ pid: 5, query: 'alter table orders add column c integer' }), behind: 30 },
      },
    },
  ],
  [
    'ddl_blocking',
    'a TRUNCATE holds the table',
    {
      locks: {
        waiters: 20,
        behindPrepared: 0,
        root: {
          ...session({ query: 'truncate orders' }),
          blocks: 20,
          kind: 'table',
          isDdl: true,
          isVacuum: false,
        },
      },
    },
  ],
  [
    'vacuum_blocking',
    'a VACUUM keeps a schema change waiting, and that everyone else',
    {
      locks: {
        waiters: 20,
        behindPrepared: 0,
        root: {
          ...session({ query: 'vacuum orders' }),
          blocks: 20,
          kind: 'table',
          isDdl: false,
          isVacuum: true,
        },
        blockedDdl: { ...session({ pid: 5 }), behind: 19 },
      },
    },
  ],
  [
    'vacuum_blocking',
    'a VACUUM FULL waits for the table',
    {
      locks: {
        waiters: 20,
        behindPrepared: 0,
        blockedDdl: { ...session({ query: 'vacuum full orders' }), behind: 19 },
      },
    },
  ],
  [
    'replication_lag',
    'twenty commits wait for a synchronous replica',
    { connections: connections({ used: 50, active: 24 }), replication: { replicas: 0, waitingForSync: 20 } },
  ],
  [
    'chatty_client',
    'a request makes eighty small statements',
    {
      connections: connections({ used: 80 }),
      traffic: { ratePerMinute: 600, baselinePerMinute: 600, ratio: 1 },
      statements: {
        top: [{ query: 'select ?', calls: 50_000, meanMs: 0.1, share: 0.9 }],
        callsPerSecond: 800,
      },
    },
  ],
  [
    'pool_too_small',
    'all are at short work with the usual traffic',
    {
      connections: connections({ used: 98, active: 80, working: 80, medianActiveMs: 20 }),
      traffic: { ratePerMinute: 600, baselinePerMinute: 600, ratio: 1 },
    },
  ],
  [
    'missing_timeouts',
    'five applications keep idle connections for ever',
    {
      connections: full,
      leaks: {
        inTransaction: [],
        idle: ['a', 'b', 'c', 'd', 'e'].map((application) => ({ ...group, application, sessions: 12 })),
      },
    },
  ],
  [
    'traffic_spike',
    'there are three times the usual requests',
    { connections: full, traffic: { ratePerMinute: 3_000, baselinePerMinute: 1_000, ratio: 3 } },
  ],
  [
    'flood',
    'there are twenty times the usual requests',
    { connections: full, traffic: { ratePerMinute: 20_000, baselinePerMinute: 1_000, ratio: 20 } },
  ],
  [
    'retry_storm',
    'three times the usual requests come and half of them fail',
    {
      connections: full,
      traffic: { ratePerMinute: 3_000, baselinePerMinute: 1_000, ratio: 3, errorShare: 0.5 },
    },
  ],
  [
    'orphaned_prepared_transaction',
    'a prepared transaction is an hour old',
    { prepared: { count: 1, oldest: { gid: 'g', ageMs: 3_600_000, owner: 'o', database: 'd' } } },
  ],
  [
    'orphaned_prepared_transaction',
    'twenty sessions wait behind a prepared transaction',
    {
      connections: connections({ waitingForLock: 20, active: 24 }),
      locks: { waiters: 20, behindPrepared: 20 },
      prepared: { count: 1, oldest: { gid: 'g', ageMs: 90_000, owner: 'o', database: 'd' } },
    },
  ],
];

describe('diagnose', () => {
  it.each(CASES)('names %s first when %s', (cause, _story, found) => {
    const { causes } = diagnose({ ...HEALTHY, ...found });
    expect(causes[0]?.cause).toBe(cause);
    expect(causes[0]?.probability).toBeGreaterThanOrEqual(0.6);
    expect(causes[0]?.evidence.length).toBeGreaterThan(0);
  });

  it('has a case for every cause', () => {
    const told = new Set(CASES.map(([cause]) => cause));
    expect(CAUSES.map(({ id }) => id).filter((id) => !told.has(id))).toEqual([]);
  });

  it('names nothing when nothing is wrong, and nothing when nothing was looked at', () => {
    expect(diagnose(HEALTHY).causes).toEqual([]);
    expect(diagnose({}).causes).toEqual([]);
  });

  it('names both of two faults first', () => {
    const { causes } = diagnose({
      ...HEALTHY,
      connections: connections({ used: 70, active: 24, waitingForLock: 20, idleInTransaction: 30 }),
      leaks: { inTransaction: [{ ...group, sessions: 30 }], idle: [] },
      prepared: { count: 1, oldest: { gid: 'g', ageMs: 600_000, owner: 'o', database: 'd' } },
      locks: { waiters: 20, behindPrepared: 20 },
    });
    expect(
      causes
        .slice(0, 2)
        .map(({ cause }) => cause)
        .sort(),
    ).toEqual(['leak_missing_return', 'orphaned_prepared_transaction']);
  });

  it('aims its remedy at the very backend, leak or prepared transaction', () => {
    const remedyOf = (n: CauseId, story: string) => {
      const found = CASES.find(([cause, told]) => cause === n && told.includes(story))?.[2];
      return diagnose({ ...HEALTHY, ...found }).causes[0]?.remedy;
    };
    expect(remedyOf('lock_contention', 'thirty')).toEqual({
      action: 'terminate',
      target: { kind: 'backend', pid: 4711, backendStart: idle.backendStart, application: 'catalytic-api' },
    });
    expect(remedyOf('ddl_blocking', 'ALTER')?.target).toMatchObject({ pid: 5 });
    expect(remedyOf('leak_missing_return', 'forty')).toEqual({
      action: 'terminate_leak',
      target: { kind: 'leak', application: 'catalytic-api', lastStatement: 'update stock set n = ?' },
    });
    expect(remedyOf('orphaned_prepared_transaction', 'hour')?.target).toEqual({
      kind: 'prepared',
      gid: 'g',
      database: 'd',
    });
  });

  it.each(CASES)(
    'aims no remedy of %s at a session that is never ended, when %s',
    (_cause, _story, found) => {
      const protect = (_key: string, value: unknown): unknown =>
        typeof value === 'object' && value !== null && ('backendStart' in value || 'lastStatement' in value)
          ? { ...value, isProtected: true }
          : value;
      const facts = JSON.parse(JSON.stringify({ ...HEALTHY, ...found }, protect)) as Facts;
      const targets = diagnose(facts).causes.map(({ remedy }) => remedy?.target?.kind);
      expect(targets).not.toContain('backend');
      expect(targets).not.toContain('leak');
    },
  );

  it('keeps titles to eight words', () => {
    for (const { title } of CAUSES) expect(title.split(' ').length).toBeLessThanOrEqual(8);
  });
});
