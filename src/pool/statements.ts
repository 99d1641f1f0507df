import pg from 'pg';
import { z } from 'zod';
import { grantMonitor } from './activity.ts';
import type { Lifeline } from './lifeline.ts';
import { shortenQuery } from './querytext.ts';

/** pg_stat_statements as it is installed in the database we are connected to. */
export interface StatementsExtension {
  /** Quoted, ready for SQL. */
  readonly schema: string;
  /** Of the extension, not of the server: an upgraded server may still have an old one. */
  readonly version: readonly [number, number];
}

/** Why statements cannot be read, with the statement that mends it. */
export interface StatementsMissing {
  readonly missing: string;
  readonly mend: string;
}

/** What every statement had come to at one moment. */
export interface StatementCounters {
  /** Milliseconds since 1970, on the server's clock. */
  readonly at: number;
  readonly byKey: ReadonlyMap<string, Counter>;
}

/** How often a statement ran and for how many milliseconds in all. */
export interface Counter {
  readonly calls: number;
  readonly totalMs: number;
}

/** Only a role with pg_read_all_settings may look at shared_preload_libraries; for others it is unknown. */
const EXTENSION_SQL = `
select quote_ident(n.nspname) as schema,
       e.extversion as version,
       current_user::text as role,
       pg_has_role(current_user, 'pg_read_all_stats', 'usage') as may_read,
       case when pg_has_role(current_user, 'pg_read_all_settings', 'usage')
            then current_setting('shared_preload_libraries', true) end as preloaded
  from (select 1) one
  left join pg_extension e on e.extname = 'pg_stat_statements'
  left join pg_namespace n on n.oid = e.extnamespace`;

const extensionRow = z.object({
  schema: z.string().nullable(),
  version: z.string().nullable(),
  role: z.string(),
  may_read: z.boolean(),
  preloaded: z.string().nullable(),
});

/**
 * Looks for pg_stat_statements: what is installed, or the statement to run when it or the grant is missing.
 * Throws as `Lifeline.query` does.
 */
export async function findStatements(lifeline: Lifeline): Promise<StatementsExtension | StatementsMissing> {
  const [row] = z.array(extensionRow).parse(await lifeline.query(EXTENSION_SQL));
  if (row === undefined) throw new Error('pg_extension gave no answer');
  const isLoaded = row.preloaded === null || /\bpg_stat_statements\b/.test(row.preloaded);
  if (!isLoaded) {
    const all = [row.preloaded ?? '', 'pg_stat_statements'].filter((name) => name !== '').join(', ');
    const create = row.schema === null ? ', then: create extension pg_stat_statements;' : '';
    return {
      missing: 'pg_stat_statements is not in shared_preload_libraries',
      mend: `alter system set shared_preload_libraries = ${all}; and restart the server${create}`,
    };
  }
  if (row.schema === null || row.version === null) {
    return {
      missing: 'the extension pg_stat_statements is missing in this database',
      mend: 'create extension pg_stat_statements;',
    };
  }
  if (!row.may_read) {
    return { missing: `role ${row.role} may not read other roles’ statements`, mend: grantMonitor(row.role) };
  }
  const [major = 1, minor = 0] = row.version.split('.').map(Number);
  return { schema: row.schema, version: [major, minor] };
}

/** `mean_exec_time` and `total_exec_time` from 1.8 (PostgreSQL 13) on, `mean_time` and `total_time` before. */
function totalColumn({ version: [major, minor] }: StatementsExtension): string {
  return major > 1 || minor >= 8 ? 's.total_exec_time' : 's.total_time';
}

/** From 1.9 (PostgreSQL 14) on statements inside of functions are listed apart; their time is their caller's. */
function onlyTopLevel({ version: [major, minor] }: StatementsExtension): string {
  return major > 1 || minor >= 9 ? 's.toplevel' : 'true';
}

const KEY = `s.userid || '.' || s.dbid || '.' || s.queryid`;

/** Without texts, since those lie in a file that the server would read as a whole. */
function countersSql(extension: StatementsExtension): string {
  return `
select ${KEY} as key,
       s.calls::float8 as calls,
       ${totalColumn(extension)} as total_ms,
       extract(epoch from clock_timestamp())::float8 * 1000 as at
  from ${extension.schema}.pg_stat_statements(false) s
 where s.queryid is not null
   and ${onlyTopLevel(extension)}`;
}

const counterRow = z.object({ key: z.string(), calls: z.number(), total_ms: z.number(), at: z.number() });

/** Reads what every statement has come to. Throws as `Lifeline.query` does. */
export async function readCounters(
  lifeline: Lifeline,
  extension: StatementsExtension,
  timeoutMs = 1_000,
): Promise<StatementCounters> {
  const rows = z.array(counterRow).parse(await lifeline.query(countersSql(extension), [], { timeoutMs }));
  return {
    at: rows[0]?.at ?? Date.now(),
    byKey: new Map(rows.map((row) => [row.key, { calls: row.calls, totalMs: row.total_ms }])),
  };
}

/** What was added since `before`. A statement whose counters fell was reset: all it has is new. */
export function since(before: StatementCounters, now: StatementCounters): StatementCounters {
  const grown = new Map<string, Counter>();
  for (const [key, counter] of now.byKey) {
    const old = before.byKey.get(key);
    const isReset = old === undefined || counter.calls < old.calls;
    const calls = isReset ? counter.calls : counter.calls - old.calls;
    const totalMs = isReset ? counter.totalMs : Math.max(0, counter.totalMs - old.totalMs);
    if (calls > 0) grown.set(key, { calls, totalMs });
  }
  return { at: now.at, byKey: grown };
}

/** All of it added up. */
export function sum(counters: StatementCounters): Counter {
  let calls = 0;
  let totalMs = 0;
  for (const counter of counters.byKey.values()) {
    calls += counter.calls;
    totalMs += counter.totalMs;
  }
  return { calls, totalMs };
}

/** The texts of the statements with these keys, literals masked and shortened. */
export async function readTexts(
  lifeline: Lifeline,
  extension: StatementsExtension,
  keys: readonly string[],
  timeoutMs = 1_000,
): Promise<ReadonlyMap<string, string>> {
  if (keys.length === 0) return new Map();
  const sql = `
select ${KEY} as key,
       left(s.query, 4000) as query
  from ${extension.schema}.pg_stat_statements(true) s
 where ${KEY} = any($1)`;
  const rows = z
    .array(z.object({ key: z.string(), query: z.string().nullable() }))
    .parse(await lifeline.query(sql, [keys], { timeoutMs }));
  return new Map(rows.map((row) => [row.key, shortenQuery(row.query ?? '')]));
}

/** The error of a server that has the extension created but its library not loaded. */
export function isNotLoaded(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '55000';
}
