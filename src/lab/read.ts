import { z } from 'zod';
import type { Check, CheckContext } from '../checks/check.ts';
import { connections } from '../checks/connections.ts';
import { leaks } from '../checks/leaks.ts';
import { locks } from '../checks/locks.ts';
import { prepared } from '../checks/prepared.ts';
import { slowQueries } from '../checks/slow-queries.ts';
import { Snapshots } from '../checks/snapshots.ts';
import type { Facts } from '../incident/facts.ts';
import { findStatements, readCounters, type StatementCounters } from '../pool/statements.ts';
import { createPrometheus } from '../prometheus/client.ts';
import type { Patient } from './patient.ts';
import { BASELINE, ERRORS, RATE } from './rates.ts';

const PROMETHEUS_TIMEOUT_MS = 2_000;

const SERVER_SQL = `
select (select count(*) from pg_stat_replication)::int as replicas,
       (select count(*) from pg_stat_activity where wait_event = 'SyncRep')::int as waiting_for_sync,
       (select count(*)
          from pg_stat_activity
         where backend_type = 'autovacuum worker' and wait_event_type = 'Lock')::int as blocked_vacuums,
       current_setting('max_connections')::int as max_connections,
       (select setting::float8 from pg_settings where name = 'idle_in_transaction_session_timeout') as idle_in_transaction,
       (select setting::float8 from pg_settings where name = 'statement_timeout') as statement,
       (select setting::float8 from pg_settings where name = 'idle_session_timeout') as idle_session`;

const serverRow = z.object({
  replicas: z.int(),
  waiting_for_sync: z.int(),
  blocked_vacuums: z.int(),
  max_connections: z.int(),
  idle_in_transaction: z.number(),
  statement: z.number(),
  idle_session: z.number(),
});

/** The statements' counters now, as the baseline of a later reading. */
export async function countersNow({ lifeline }: Patient): Promise<StatementCounters> {
  const extension = await findStatements(lifeline);
  if ('missing' in extension) throw new Error(extension.missing);
  return readCounters(lifeline, extension);
}

/** Runs the checks on the patient, with `minuteMs` for a minute, and gives what they found. */
export async function readFacts(
  patient: Patient,
  minuteMs: number,
  baseline: StatementCounters,
): Promise<Facts> {
  const context = contextOf(patient, baseline, minuteMs);
  const found: Partial<Facts>[] = [];
  const run = async <P>(check: Check<P>, params: P) => {
    found.push((await check.run(context, params)).facts);
  };
  const traffic = readTraffic(patient);
  await run(connections, { overMs: minuteMs, top: 20 });
  await run(locks, { overMs: minuteMs / 60, top: 10 });
  await run(prepared, { overMs: minuteMs });
  await run(leaks, { idleOverMs: minuteMs, inTransactionOverMs: minuteMs, top: 10 });
  await run(slowQueries, { top: 10, overMs: 500 });
  return Object.assign({}, ...found, await readServer(patient), { traffic: await traffic });
}

function contextOf(patient: Patient, baseline: StatementCounters, minuteMs: number): CheckContext {
  const now = new Date();
  return {
    lifeline: patient.lifeline,
    config: {
      name: 'lab',
      match: { datname: 'shop' },
      databaseUrl: patient.appUrl,
      threshold: 90,
      verify: { withinMs: minuteMs, healthyBelow: 80 },
      links: {},
      recycleMs: minuteMs,
    },
    snapshots: new Snapshots(patient.lifeline),
    samples: async () => [],
    openedAt: now,
    now,
    baseline,
    readLog: async () => [],
  };
}

async function readTraffic({ rates }: Patient): Promise<NonNullable<Facts['traffic']>> {
  const prometheus = createPrometheus({ url: rates.url, timeoutMs: PROMETHEUS_TIMEOUT_MS });
  const [ratePerMinute, baselinePerMinute, errorShare] = await Promise.all(
    [RATE, BASELINE, ERRORS].map((query) => prometheus.instant(query)),
  );
  const usual = baselinePerMinute ?? 0;
  return {
    ratePerMinute: ratePerMinute ?? 0,
    baselinePerMinute: usual,
    ratio: usual > 0 ? (ratePerMinute ?? 0) / usual : 1,
    ...(errorShare === undefined ? {} : { errorShare }),
  };
}

async function readServer({
  lifeline,
}: Patient): Promise<Pick<Facts, 'replication' | 'vacuum' | 'settings'>> {
  const [row] = z.array(serverRow).parse(await lifeline.query(SERVER_SQL));
  if (row === undefined) return {};
  return {
    replication: { replicas: row.replicas, waitingForSync: row.waiting_for_sync },
    vacuum: { running: [], blocked: row.blocked_vacuums },
    settings: {
      maxConnections: row.max_connections,
      idleInTransactionTimeoutMs: row.idle_in_transaction,
      statementTimeoutMs: row.statement,
      idleSessionTimeoutMs: row.idle_session,
    },
  };
}
