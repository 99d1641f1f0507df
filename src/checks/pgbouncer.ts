import pg from 'pg';
import { z } from 'zod';
import { duration } from '../incident/words.ts';
import { faultOf } from '../pool/faults.ts';
import type { BuiltinParams } from '../runbook/builtin.ts';
import { type Check, CheckFailure, counted } from './check.ts';

const TIMEOUT_MS = 2_000;

const poolRow = z.object({
  cl_active: z.coerce.number(),
  cl_waiting: z.coerce.number(),
  sv_active: z.coerce.number(),
  sv_idle: z.coerce.number(),
  maxwait: z.coerce.number(),
  maxwait_us: z.coerce.number().prefault(0),
});

/** `SHOW POOLS` of PgBouncer's admin console, where the pool has one. */
export const pgbouncer: Check<BuiltinParams<'pgbouncer'>> = {
  name: 'pgbouncer',
  over: 'network',
  async run({ config }, { maxWaitMs }) {
    const target = config.poolSize;
    if (target === undefined || !('pgbouncer' in target)) {
      return { findings: { headline: 'PgBouncer is not configured for this pool', lines: [] }, facts: {} };
    }
    const rows = z.array(poolRow).parse(await showPools(target.pgbouncer));
    const add = (of: (row: z.output<typeof poolRow>) => number): number =>
      rows.reduce((sum, row) => sum + of(row), 0);
    const facts = {
      clientsActive: add((row) => row.cl_active),
      clientsWaiting: add((row) => row.cl_waiting),
      serversActive: add((row) => row.sv_active),
      serversIdle: add((row) => row.sv_idle),
      longestWaitMs: Math.max(0, ...rows.map((row) => row.maxwait * 1_000 + row.maxwait_us / 1_000)),
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

/** Asks by a plain query: the console answers one with parameters by a fatal error. */
async function showPools(url: string): Promise<unknown[]> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  // That fatal error arrives as an event, and without this listener it would take the process with it.
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query('SHOW POOLS')).rows;
  } catch (error) {
    throw new CheckFailure(
      `PgBouncer’s console did not answer: ${faultOf(error).code}`,
      'check pool_size.pgbouncer in lifeguard.yaml, and that its user is in admin_users or stats_users',
    );
  } finally {
    client.end().catch(() => {});
  }
}
