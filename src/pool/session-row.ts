import { z } from 'zod';
import { shortenQuery } from './querytext.ts';

/** What a client backend is doing, in PostgreSQL's words; `unknown` where our role may not see it. */
export type SessionState =
  | 'active'
  | 'idle'
  | 'idle in transaction'
  | 'idle in transaction (aborted)'
  | 'fastpath function call'
  | 'disabled'
  | 'starting'
  | 'unknown';

/**
 * One client backend. Moments are ISO 8601 in UTC to the microsecond, as text, since they are compared for
 * equality; ages are milliseconds on the server's clock. Null: not so now, or hidden from our role.
 */
export interface PoolSession {
  readonly pid: number;
  readonly backendStart: string | null;
  readonly transactionStart: string | null;
  readonly queryStart: string | null;
  readonly stateChange: string | null;
  /** Age of the connection, of its transaction, of its (last) query, of its state. */
  readonly connectedMs: number | null;
  readonly transactionMs: number | null;
  readonly queryMs: number | null;
  readonly stateMs: number | null;
  readonly application: string;
  readonly user: string;
  /** Its user is a superuser: never ended by us. */
  readonly isSuperuser: boolean;
  readonly database: string;
  /** IP address, or `local` for a Unix socket. */
  readonly client: string | null;
  readonly state: SessionState;
  readonly waitEventType: string | null;
  readonly waitEvent: string | null;
  /** `pg_stat_activity.query_id`, from PostgreSQL 14 on where it is computed. */
  readonly queryId: string | null;
  /** Its current or last query, literals masked and shortened. */
  readonly query: string;
}

/** Longest piece of a query that is worth carrying over the wire, in characters. */
const QUERY_CHARS = 4_000;
const FIRST_WITH_QUERY_ID = 140_000;

/** A moment to the microsecond, whatever TimeZone and DateStyle say. */
export function exactMoment(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

function age(column: string): string {
  return `(extract(epoch from clock_timestamp() - ${column}) * 1000)::float8`;
}

/**
 * The select list for rows of `sessionRow`, from `pg_stat_activity a`, for that server version. The superusers
 * are an array, which is read once; a plain `in` the server may read anew for every session.
 */
export function sessionColumns(serverVersion: number): string {
  const queryId = serverVersion >= FIRST_WITH_QUERY_ID ? 'a.query_id::text' : 'null::text';
  return `a.pid,
       ${exactMoment('a.backend_start')} as backend_start,
       ${exactMoment('a.xact_start')} as transaction_start,
       ${exactMoment('a.query_start')} as query_start,
       ${exactMoment('a.state_change')} as state_change,
       ${age('a.backend_start')} as connected_ms,
       ${age('a.xact_start')} as transaction_ms,
       ${age('a.query_start')} as query_ms,
       ${age('a.state_change')} as state_ms,
       a.application_name as application,
       a.usename as "user",
       coalesce(a.usesysid = any (array(select oid from pg_roles where rolsuper)), false) as superuser,
       a.datname as database,
       host(a.client_addr) as client_address,
       a.client_port,
       a.state,
       a.wait_event_type,
       a.wait_event,
       ${queryId} as query_id,
       left(a.query, ${QUERY_CHARS}) as query`;
}

const moment = z.string().nullable();
const milliseconds = z.number().nullable();

/** One row of `sessionColumns`. */
export const sessionRow = z.object({
  pid: z.int(),
  backend_start: moment,
  transaction_start: moment,
  query_start: moment,
  state_change: moment,
  connected_ms: milliseconds,
  transaction_ms: milliseconds,
  query_ms: milliseconds,
  state_ms: milliseconds,
  application: z.string().nullable(),
  user: z.string().nullable(),
  superuser: z.boolean(),
  database: z.string().nullable(),
  client_address: z.string().nullable(),
  client_port: z.int().nullable(),
  state: z.string().nullable(),
  wait_event_type: z.string().nullable(),
  wait_event: z.string().nullable(),
  query_id: z.string().nullable(),
  query: z.string().nullable(),
});

const STATES: readonly string[] = [
  'active',
  'idle',
  'idle in transaction',
  'idle in transaction (aborted)',
  'fastpath function call',
  'disabled',
  'starting',
];

function isState(text: string): text is SessionState {
  return STATES.includes(text);
}

/** Puts a row into our words; the query text is masked here and nowhere kept as it came. */
export function toSession(row: z.infer<typeof sessionRow>): PoolSession {
  return {
    pid: row.pid,
    backendStart: row.backend_start,
    transactionStart: row.transaction_start,
    queryStart: row.query_start,
    stateChange: row.state_change,
    connectedMs: row.connected_ms,
    transactionMs: row.transaction_ms,
    queryMs: row.query_ms,
    stateMs: row.state_ms,
    application: row.application ?? '',
    user: row.user ?? '',
    isSuperuser: row.superuser,
    database: row.database ?? '',
    client: row.client_address ?? (row.client_port === -1 ? 'local' : null),
    state: row.state !== null && isState(row.state) ? row.state : 'unknown',
    waitEventType: row.wait_event_type,
    waitEvent: row.wait_event,
    queryId: row.query_id,
    query: row.backend_start === null ? '' : shortenQuery(row.query ?? ''),
  };
}
