import { z } from 'zod';
import { duration } from '../incident/words.ts';
import type { BuiltinParams } from '../runbook/builtin.ts';
import { CHECK_TIMEOUT_MS, type Check, counted } from './check.ts';

const REPLICATION_SQL = `
select r.application_name as name,
       r.state,
       (extract(epoch from r.replay_lag) * 1000)::float8 as lag_ms,
       pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_receive_lsn()
                            else pg_current_wal_lsn() end, r.replay_lsn)::float8 as lag_bytes
  from pg_stat_replication r`;

const replicaRow = z.object({
  name: z.string().nullable(),
  state: z.string().nullable(),
  lag_ms: z.number().nullable(),
  lag_bytes: z.number().nullable(),
});

/** How far the replicas are behind, and who waits for a synchronous one to confirm a commit. */
export const replication: Check<BuiltinParams<'replication'>> = {
  name: 'replication',
  over: 'lifeline',
  async run({ lifeline, snapshots }, { lagMs }) {
    const rows = z
      .array(replicaRow)
      .parse(await lifeline.query(REPLICATION_SQL, [], { timeoutMs: CHECK_TIMEOUT_MS }));
    const waitingForSync = (await snapshots.activity()).sessions.filter(
      (one) => one.waitEvent === 'SyncRep',
    ).length;
    const lags = rows.flatMap((row) => row.lag_ms ?? []);
    const bytes = rows.flatMap((row) => row.lag_bytes ?? []);
    const worst = lags.length === 0 ? undefined : Math.round(Math.max(...lags));
    const isLate = (worst ?? 0) >= lagMs || waitingForSync > 0;
    return {
      findings: {
        headline:
          rows.length === 0
            ? 'No replicas'
            : `${counted(rows.length, 'replica')}, at most ${duration(worst ?? 0)} behind`,
        lines:
          waitingForSync === 0
            ? []
            : [
                `${counted(waitingForSync, 'session')} wait for a synchronous replica to confirm their commit`,
              ],
        verdict: isLate ? 'warn' : 'ok',
      },
      facts: {
        replication: {
          replicas: rows.length,
          ...(worst === undefined ? {} : { worstLagMs: worst }),
          ...(bytes.length === 0 ? {} : { worstLagBytes: Math.max(...bytes) }),
          waitingForSync,
        },
      },
    };
  },
};
