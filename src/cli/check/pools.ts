import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import axios from 'axios';
import type pg from 'pg';
import type { Config, Environment, PoolConfig, PrometheusConfig } from '../../config/types.ts';
import { agentsFor } from '../../outward/agents.ts';
import { excessOf } from './excess.ts';
import { about, type Check, type Finding } from './finding.ts';
import { pgbouncerCheck } from './pgbouncer.ts';
import { restartCheck } from './restart.ts';
import { identityOf, onServer, sameServer } from './server.ts';

const FACTS = `
  select current_setting('server_version')                  as version,
         current_setting('server_version_num')::int         as number,
         pg_is_in_recovery()                                as standby,
         current_user::text                                 as role,
         pg_has_role(current_user, 'pg_monitor', 'usage')        as monitor,
         pg_has_role(current_user, 'pg_signal_backend', 'usage') as signal,
         pg_backend_pid()                                   as pid`;

/** The role exists from 16 on only, and `pg_has_role` fails for one that does not. */
const RESERVED = `
  select pg_has_role(current_user, 'pg_use_reserved_connections', 'usage') as granted,
         current_setting('reserved_connections')::int                     as slots`;

/** From this version on slots can be reserved for a role that is no superuser. */
const RESERVED_FROM = 160_000;

/** Older servers lack the roles and columns that the checks read. */
const OLDEST = 100_000;

type Facts = {
  version: string;
  number: number;
  standby: boolean;
  role: string;
  monitor: boolean;
  signal: boolean;
  pid: number;
};

/** What every pool of the configuration needs. */
export function poolChecks(config: Config, environment: Environment, cwd: string): Check[] {
  if (config.pools.length === 0) {
    return [
      {
        subject: 'pools',
        run: async () => [about('pools').warn('none is configured: nothing can be mended')],
      },
    ];
  }
  return config.pools.flatMap((pool) => [
    { subject: `pool ${pool.name}`, run: () => checkDatabase(pool, environment.databaseUrl) },
    ...(pool.prometheus === undefined ? [] : [prometheusCheck(pool.name, pool.prometheus)]),
    ...(pool.restart === undefined ? [] : [restartCheck(pool.name, pool.restart)]),
    ...(pool.poolSize !== undefined && 'pgbouncer' in pool.poolSize
      ? [pgbouncerCheck(pool.name, pool.poolSize.pgbouncer)]
      : []),
    ...(pool.runbook === undefined ? [] : [runbookCheck(pool.name, pool.runbook, cwd)]),
  ]);
}

async function checkDatabase(pool: PoolConfig, storeUrl: string | undefined): Promise<Finding[]> {
  const { ok, warn, fail } = about(`pool ${pool.name}`);
  const findings = await onServer(pool.databaseUrl, async (client) => {
    const { rows } = await client.query<Facts>(FACTS);
    const facts = rows[0];
    if (facts === undefined) return [fail('the server gave no answer')];
    const role = `"${facts.role}"`;
    const found: Finding[] = [];
    if (facts.number < OLDEST)
      found.push(fail(`PostgreSQL ${facts.version} is too old; 10 or newer is needed`));
    if (!facts.monitor) {
      found.push(fail(`role ${facts.role} cannot see other sessions; run: grant pg_monitor to ${role};`));
    }
    if (!facts.signal) {
      found.push(
        fail(`role ${facts.role} cannot end other sessions; run: grant pg_signal_backend to ${role};`),
      );
    }
    if (isPooled(client, facts.pid)) {
      found.push(
        fail('the connection goes through a pooler, which runs out too; give database_url the server itself'),
      );
    }
    if (facts.number >= RESERVED_FROM) found.push(...(await reservedHint(client, warn, role)));
    for (const { what, mend } of await excessOf(client)) {
      found.push(warn(`role ${facts.role} ${what}, which is more than is needed; run: ${mend}`));
    }
    if (!found.some((one) => one.level === 'FAIL')) {
      found.unshift(
        ok(
          `PostgreSQL ${facts.version}${facts.standby ? ' (a standby)' : ''}, pg_monitor, pg_signal_backend`,
        ),
      );
    }
    return found;
  });
  if (storeUrl === undefined) return findings;
  // A store that cannot be reached is the store's own line.
  const [here, store] = await Promise.all([
    identityOf(pool.databaseUrl),
    identityOf(storeUrl).catch(() => undefined),
  ]);
  if (store === undefined || !sameServer(here, store)) return findings;
  return [
    ...findings,
    fail(
      'the store is on the server to be rescued, and would be lost with it; point DATABASE_URL at another one',
    ),
  ];
}

/** A pooler gives out a process id of its own, which is not the backend's. */
function isPooled(client: pg.Client, pid: number): boolean {
  const { processID } = client as { processID?: unknown };
  return processID !== pid;
}

async function reservedHint(
  client: pg.Client,
  warn: (text: string) => Finding,
  role: string,
): Promise<Finding[]> {
  const { rows } = await client.query<{ granted: boolean; slots: number }>(RESERVED);
  const reserved = rows[0];
  if (reserved === undefined || (reserved.granted && reserved.slots > 0)) return [];
  const statements = [
    ...(reserved.slots > 0 ? [] : ['alter system set reserved_connections = 3; (then restart the server)']),
    ...(reserved.granted ? [] : [`grant pg_use_reserved_connections to ${role};`]),
  ];
  return [
    warn(`no slot is kept for Lifeguard, should it start when all are taken; run: ${statements.join(' ')}`),
  ];
}

function prometheusCheck(pool: string, prometheus: PrometheusConfig): Check {
  const subject = `pool ${pool} prometheus`;
  const { ok, fail } = about(subject);
  return {
    subject,
    async run() {
      const { bearerToken, basicAuth } = prometheus;
      const { status } = await axios.get<unknown>(`${prometheus.url.replace(/\/$/, '')}/api/v1/query`, {
        ...agentsFor(prometheus),
        params: { query: '1' },
        timeout: 4_000,
        maxRedirects: 0,
        validateStatus: () => true,
        ...(bearerToken === undefined ? {} : { headers: { authorization: `Bearer ${bearerToken}` } }),
        ...(basicAuth === undefined ? {} : { auth: { ...basicAuth } }),
      });
      if (status === 200) return [ok('answers queries')];
      const mend = status === 401 || status === 403 ? '; check bearer_token or basic_auth' : '';
      return [fail(`answered ${status} to a query${mend}`)];
    },
  };
}

function runbookCheck(pool: string, path: string, cwd: string): Check {
  const subject = `pool ${pool} runbook`;
  const { ok, fail } = about(subject);
  return {
    subject,
    run: async () => {
      const readable = await access(resolve(cwd, path)).then(
        () => true,
        () => false,
      );
      return [readable ? ok(path) : fail(`${path} cannot be read; mend the path, or leave runbook out`)];
    },
  };
}
