import { z } from 'zod';
import { duration } from '../incident/words.ts';
import type { BuiltinParams } from '../runbook/builtin.ts';
import { CHECK_TIMEOUT_MS, type Check, counted } from './check.ts';

const VACUUM_SQL = `
select a.pid,
       coalesce(case when p.datid = (select oid from pg_database where datname = current_database())
                     then p.relid::regclass::text end, p.relid::text, '') as "table",
       a.query like '%to prevent wraparound%' as anti_wraparound,
       coalesce(a.wait_event_type = 'Lock', false) as blocked,
       coalesce(extract(epoch from clock_timestamp() - a.xact_start) * 1000, 0)::float8 as age_ms
  from pg_stat_activity a
  left join pg_stat_progress_vacuum p on p.pid = a.pid
 where a.pid <> pg_backend_pid()
   and (p.pid is not null or a.backend_type = 'autovacuum worker'
        or (a.state = 'active' and a.query ~* '^\\s*vacuum'))`;

const HORIZON_SQL = `
select max(age)::float8 as age
  from (select age(backend_xmin) as age from pg_stat_activity where pid <> pg_backend_pid()
        union all select age(transaction) from pg_prepared_xacts
        union all select age(xmin) from pg_replication_slots) held`;

const vacuumRow = z.object({
  pid: z.int(),
  table: z.string(),
  anti_wraparound: z.boolean().nullable(),
  blocked: z.boolean(),
  age_ms: z.number(),
});

/** Vacuum at work, or kept from it. */
export const vacuum: Check<BuiltinParams<'vacuum'>> = {
  name: 'vacuum',
  over: 'lifeline',
  async run({ lifeline, snapshots }, { overMs }) {
    const options = { timeoutMs: CHECK_TIMEOUT_MS };
    const rows = z.array(vacuumRow).parse(await lifeline.query(VACUUM_SQL, [], options));
    const [horizon] = z
      .array(z.object({ age: z.number().nullable() }))
      .parse(await lifeline.query(HORIZON_SQL, [], options));
    const locks = await snapshots.locks();
    const blocked = rows.filter((row) => row.blocked).length;
    const running = rows.map((row) => ({
      pid: row.pid,
      table: row.table,
      antiWraparound: row.anti_wraparound ?? false,
      blocks: locks.get(row.pid)?.blocksInAll ?? 0,
    }));
    const isBad =
      blocked > 0 || running.some((one) => one.blocks > 0) || rows.some((row) => row.age_ms >= overMs);
    return {
      findings: {
        headline:
          rows.length === 0
            ? 'No vacuum is running'
            : `${counted(rows.length, 'vacuum')} at work, ${blocked} of them waiting for a lock`,
        lines: rows.slice(0, 5).map((row, index) => {
          const wraparound = row.anti_wraparound === true ? ', to prevent wraparound' : '';
          return `pid ${row.pid} on ${row.table === '' ? 'a table' : row.table} for ${duration(row.age_ms)}${wraparound}, blocks ${running[index]?.blocks ?? 0}`;
        }),
        verdict: isBad ? 'warn' : 'ok',
      },
      facts: {
        vacuum: {
          running,
          blocked,
          ...(horizon?.age == null ? {} : { oldestXminAge: horizon.age }),
        },
      },
    };
  },
};
