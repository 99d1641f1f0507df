import type { BuiltinCall } from '../runbook/builtin.ts';
import type { CheckCall } from '../runbook/types.ts';
import type { CheckContext, CheckResult } from './check.ts';
import { connections } from './connections.ts';
import { leaks } from './leaks.ts';
import { locks } from './locks.ts';
import { logs } from './logs.ts';
import { runLogs, runPromql, runSql } from './own.ts';
import { pgbouncer } from './pgbouncer.ts';
import { prepared } from './prepared.ts';
import { replication } from './replication.ts';
import { settings } from './settings.ts';
import { slowQueries } from './slow-queries.ts';
import { traffic } from './traffic.ts';
import { utilisation } from './utilisation.ts';
import { vacuum } from './vacuum.ts';

/** Runs one check of a step. Throws as the check does. */
export async function runCall(context: CheckContext, call: CheckCall): Promise<CheckResult> {
  switch (call.kind) {
    case 'sql':
      return runSql(context, call);
    case 'promql':
      return runPromql(context, call);
    case 'logs':
      return runLogs(context, call);
    case 'builtin':
      return runBuiltin(context, call);
  }
}

/** Whether the check leaves the pool's connection alone, so that it may run beside others. */
export function isOverNetwork(call: CheckCall): boolean {
  if (call.kind !== 'builtin') return call.kind !== 'sql';
  return [logs, traffic, pgbouncer].some((check) => check.name === call.name);
}

/** What a check is called in a line about it. */
export function nameOf(call: CheckCall): string {
  return call.kind === 'builtin' ? call.name : call.title;
}

function runBuiltin(context: CheckContext, call: BuiltinCall): Promise<CheckResult> {
  switch (call.name) {
    case 'utilisation':
      return utilisation.run(context, call.params);
    case 'connections':
      return connections.run(context, call.params);
    case 'locks':
      return locks.run(context, call.params);
    case 'prepared':
      return prepared.run(context, call.params);
    case 'leaks':
      return leaks.run(context, call.params);
    case 'logs':
      return logs.run(context, call.params);
    case 'traffic':
      return traffic.run(context, call.params);
    case 'slow_queries':
      return slowQueries.run(context, call.params);
    case 'replication':
      return replication.run(context, call.params);
    case 'vacuum':
      return vacuum.run(context, call.params);
    case 'settings':
      return settings.run(context, call.params);
    case 'pgbouncer':
      return pgbouncer.run(context, call.params);
  }
}
