import { z } from 'zod';
import { duration } from '../incident/words.ts';
import { rollbackOf } from '../pool/prepared.ts';
import type { BuiltinParams } from '../runbook/builtin.ts';
import { CHECK_TIMEOUT_MS, type Check, counted } from './check.ts';

const PREPARED_SQL = `
select p.gid,
       p.owner::text as owner,
       p.database::text as database,
       (extract(epoch from clock_timestamp() - p.prepared) * 1000)::float8 as age_ms
  from pg_prepared_xacts p
 order by p.prepared`;

const preparedRow = z.object({
  gid: z.string(),
  owner: z.string(),
  database: z.string(),
  age_ms: z.number(),
});

const MOST_LINES = 5;

/** Prepared transactions left behind: they hold their locks with no session that could be ended. */
export const prepared: Check<BuiltinParams<'prepared'>> = {
  name: 'prepared',
  over: 'lifeline',
  async run({ lifeline }, { overMs }) {
    const rows = z
      .array(preparedRow)
      .parse(await lifeline.query(PREPARED_SQL, [], { timeoutMs: CHECK_TIMEOUT_MS }));
    const oldest = rows[0];
    if (oldest === undefined) {
      return {
        findings: { headline: 'No prepared transactions', lines: [], verdict: 'ok' },
        facts: { prepared: { count: 0 } },
      };
    }
    const left = rows.filter((row) => row.age_ms >= overMs);
    const lines = left
      .slice(0, MOST_LINES)
      .map(
        (row) =>
          `${rollbackOf(row.gid)} in database ${row.database}, as ${row.owner}, undoes one that is ${duration(row.age_ms)} old`,
      );
    if (left.length > MOST_LINES) lines.push(`and ${left.length - MOST_LINES} more`);
    return {
      findings: {
        headline: `${counted(rows.length, 'prepared transaction')}, ${left.length} of them left behind`,
        lines,
        verdict: left.length > 0 ? 'warn' : 'ok',
        ...(left[0] === undefined ? {} : { mend: rollbackOf(left[0].gid) }),
      },
      facts: {
        prepared: {
          count: rows.length,
          oldest: {
            gid: oldest.gid,
            ageMs: Math.round(oldest.age_ms),
            owner: oldest.owner,
            database: oldest.database,
          },
        },
      },
    };
  },
};
