import { z } from 'zod';
import { duration } from '../incident/words.ts';
import { CHECK_TIMEOUT_MS, type Check } from './check.ts';

/**
 * `reset_val`, since our own session carries other values; what is set for a role or a database wins for
 * the sessions of that role or in that database, most specific last (documentation, "ALTER ROLE").
 */
const SETTINGS_SQL = `
select s.name,
       coalesce((select split_part(setting, '=', 2)
                   from pg_db_role_setting d, unnest(d.setconfig) setting
                  where split_part(setting, '=', 1) = s.name
                    and d.setrole in (0, coalesce((select oid from pg_roles where rolname = $1), 0))
                    and d.setdatabase in (0, coalesce((select oid from pg_database where datname = $2), 0))
                  order by d.setrole <> 0 desc, d.setdatabase <> 0 desc
                  limit 1),
                s.reset_val) as value
  from pg_settings s
 where s.name in ('max_connections', 'idle_in_transaction_session_timeout', 'statement_timeout',
                  'idle_session_timeout')`;

const settingRow = z.object({ name: z.string(), value: z.string() });

/** Server settings that matter for connections, as they hold for the role with the most sessions. */
export const settings: Check<object> = {
  name: 'settings',
  over: 'lifeline',
  async run({ lifeline, snapshots }) {
    const activity = await snapshots.activity();
    const user = activity.byUser[0]?.name ?? '';
    const database = activity.byDatabase[0]?.name ?? '';
    const rows = z
      .array(settingRow)
      .parse(await lifeline.query(SETTINGS_SQL, [user, database], { timeoutMs: CHECK_TIMEOUT_MS }));
    const values = new Map(rows.map((row) => [row.name, row.value]));
    const of = (name: string): number => milliseconds(values.get(name) ?? '0');
    const facts = {
      maxConnections: activity.maxConnections,
      idleInTransactionTimeoutMs: of('idle_in_transaction_session_timeout'),
      statementTimeoutMs: of('statement_timeout'),
      idleSessionTimeoutMs: of('idle_session_timeout'),
    };
    const said = (ms: number): string => (ms === 0 ? 'off' : duration(ms));
    return {
      findings: {
        headline: `max_connections ${facts.maxConnections}`,
        lines: [
          `idle_in_transaction_session_timeout ${said(facts.idleInTransactionTimeoutMs)}, statement_timeout ${said(facts.statementTimeoutMs)}, idle_session_timeout ${said(facts.idleSessionTimeoutMs)}`,
        ],
      },
      facts: { settings: facts },
    };
  },
};

const UNITS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A setting of time as PostgreSQL writes it: `30s`, or a bare number of milliseconds. */
function milliseconds(text: string): number {
  const parts = /^"?'?\s*(-?[\d.]+)\s*(us|ms|s|min|h|d)?/.exec(text);
  return parts === null ? 0 : Number(parts[1]) * (UNITS[parts[2] ?? 'ms'] ?? 1);
}
