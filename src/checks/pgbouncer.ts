import { duration } from '../incident/words.ts';
import { AwayError } from '../pool/faults.ts';
import { type PooledPair, readPools, withConsole } from '../pool/pgbouncer.ts';
import type { BuiltinParams } from '../runbook/builtin.ts';
import { type Check, CheckFailure, counted } from './check.ts';

/** `SHOW POOLS` of PgBouncer's admin console, where the pool has one. */
export const pgbouncer: Check<BuiltinParams<'pgbouncer'>> = {
  name: 'pgbouncer',
  over: 'network',
  async run({ config }, { maxWaitMs }) {
    const target = config.poolSize;
    if (target === undefined || !('pgbouncer' in target)) {
      return { findings: { headline: 'PgBouncer is not configured for this pool', lines: [] }, facts: {} };
    }
    const pools = await showPools(target.pgbouncer);
    const add = (of: (pool: PooledPair) => number): number => pools.reduce((sum, pool) => sum + of(pool), 0);
    const facts = {
      clientsActive: add((pool) => pool.clientsActive),
      clientsWaiting: add((pool) => pool.clientsWaiting),
      serversActive: add((pool) => pool.serversActive),
      serversIdle: add((pool) => pool.serversIdle),
      longestWaitMs: Math.max(0, ...pools.map((pool) => pool.longestWaitMs)),
    };
    return {
      findings: {
        headline: `PgBouncer: ${counted(facts.clientsWaiting, 'client waits', 'clients wait')} for a connection, the first for ${duration(facts.longestWaitMs)}`,
        lines: [
          `${facts.clientsActive} clients at work; server connections: ${facts.serversActive} active, ${facts.serversIdle} idle`,
        ],
        verdict: facts.longestWaitMs >= maxWaitMs ? 'warn' : 'ok',
      },
      facts: { pooler: facts },
    };
  },
};

async function showPools(url: string): Promise<PooledPair[]> {
  try {
    return await withConsole(url, readPools);
  } catch (error) {
    const code = error instanceof AwayError ? error.fault.code : 'it refused SHOW POOLS';
    throw new CheckFailure(
      `PgBouncer’s console did not answer: ${code}`,
      'check pool_size.pgbouncer in lifeguard.yaml, and that its user is in admin_users or stats_users',
    );
  }
}
