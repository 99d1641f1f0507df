import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALERTMANAGER, type Alertmanager, startAlertmanager } from '../alertmanager/alertmanager.ts';
import { record, recorded, shape } from '../alertmanager/fixtures.ts';
import { type Receiver, startReceiver } from '../alertmanager/receiver.ts';
import { needs } from '../needs.ts';
import { connect, type TestPostgres, testPostgres } from '../postgres.ts';
import { POSTGRES_EXPORTER, startPostgresExporter } from './postgres-exporter.ts';
import { PROMETHEUS, type Prometheus, startPrometheus } from './prometheus.ts';

const all = [PROMETHEUS, ALERTMANAGER, POSTGRES_EXPORTER].map((each) => needs(each.program, each.package));
const skip = all.some((need) => need.skip);
const reason = all.map((need) => need.reason).join('');
const RULES = join(import.meta.dirname, '../../../observability/alerts/database-connection-pool.rules.yml');

describe.skipIf(skip)(`from a full PostgreSQL to the webhook${reason}`, () => {
  const opened: Array<{ stop(): Promise<void> }> = [];
  let postgres: TestPostgres;
  let byPool: Receiver;
  let byAlert: Receiver;
  let prometheus: Prometheus;

  const keep = <T extends { stop(): Promise<void> }>(started: T): T => {
    opened.push(started);
    return started;
  };

  /** Connections of an application that begins transactions and forgets them. */
  async function leak(database: string, count: number): Promise<pg.Client[]> {
    const url = postgres.urlFor({ user: 'app', password: 'app', database, application: 'catalytic-api' });
    return await Promise.all(
      Array.from({ length: count }, async () => {
        const client = await connect(url);
        await client.query('begin');
        return client;
      }),
    );
  }

  async function notify(receiver: Receiver, groupBy: string[]): Promise<Alertmanager> {
    return keep(await startAlertmanager({ webhookUrl: receiver.url, token: 'a-token', groupBy }));
  }

  beforeAll(async () => {
    // 17 usable: three are reserved for superusers.
    postgres = keep(await testPostgres({ maxConnections: 20 }));
    const admin = await postgres.admin();
    await admin.query("create role app login password 'app'");
    await admin.query("create role exporter login password 'exporter' in role pg_monitor");
    await admin.query('create database catalytic_db');
    await admin.query('create database orders');
    [byPool, byAlert] = [keep(await startReceiver()), keep(await startReceiver())];
    const perPool = await notify(byPool, ['alertname', 'datname']);
    const perAlert = await notify(byAlert, ['alertname']);
    const dsn = postgres.urlFor({ user: 'exporter', password: 'exporter', database: 'postgres' });
    const exporter = keep(await startPostgresExporter({ dsn }));
    prometheus = keep(
      await startPrometheus({
        rulesFile: RULES,
        scrape: { postgres: exporter.url },
        alertmanagerUrls: [perPool.url, perAlert.url],
      }),
    );
  });

  afterAll(async () => {
    for (const each of opened.splice(0).reverse()) await each.stop();
  });

  test('a pool past 90 % fires by the shipped rule, reaches the webhook, and resolves when it has room', async () => {
    const leaked = await leak('catalytic_db', 14);
    const firing = await byPool.arrival((body) => body.status === 'firing');
    await Promise.all(leaked.map((client) => client.end()));
    const resolved = await byPool.arrival((body) => body.status === 'resolved');

    expect(firing.body.alerts).toHaveLength(1);
    expect(firing.body.alerts[0]?.labels).toMatchObject({
      alertname: 'DatabaseConnectionPoolExhaustion',
      datname: 'catalytic_db',
      severity: 'critical',
      source: 'postgres',
      server: `127.0.0.1:${postgres.port}`,
    });
    expect(firing.body.alerts[0]?.annotations.summary).toMatch(
      /^Connections to catalytic_db: (9\d|1\d\d) % of/,
    );
    expect(resolved.body.groupKey).toBe(firing.body.groupKey);
    expect(Date.parse(resolved.body.alerts[0]?.endsAt ?? '')).toBeGreaterThan(
      Date.parse(resolved.body.alerts[0]?.startsAt ?? ''),
    );
    record('firing', firing);
    record('resolved', resolved);
    expect(shape(JSON.parse(recorded('firing')))).toEqual(shape(firing.body));
    expect(shape(JSON.parse(recorded('resolved')))).toEqual(shape(resolved.body));
  });

  test('two databases that fill the server together arrive as one group of two alerts', async () => {
    const leaked = [...(await leak('catalytic_db', 7)), ...(await leak('orders', 7))];
    const both = await byAlert.arrival((body) => body.alerts.length === 2 && body.status === 'firing');
    await Promise.all(leaked.map((client) => client.end()));

    expect(both.body.alerts.map((alert) => alert.labels.datname).sort()).toEqual(['catalytic_db', 'orders']);
    record('firing-two-databases', both);
    expect(shape(JSON.parse(recorded('firing-two-databases')))).toEqual(shape(both.body));
  });

  test('every session of a database is counted, against the slots that an ordinary role can get', async () => {
    const leaked = await leak('orders', 3);
    await expect
      .poll(() => prometheus.query('datname:pg_connections_used:sum{datname="orders"}'), { timeout: 10_000 })
      .toEqual([expect.objectContaining({ value: 3 })]);
    const usable = await prometheus.query('server:pg_connections_usable:max');
    await Promise.all(leaked.map((client) => client.end()));

    expect(usable).toEqual([expect.objectContaining({ value: 17 })]);
  });
});
