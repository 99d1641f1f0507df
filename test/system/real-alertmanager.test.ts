import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALERTMANAGER, startAlertmanager } from '../support/alertmanager/alertmanager.ts';
import { eventually, type Harness, startHarness, WEBHOOK_TOKEN, wordsOf } from '../support/lifeguard.ts';
import { needs } from '../support/needs.ts';
import { connect, type TestPostgres, testPostgres } from '../support/postgres.ts';
import { POSTGRES_EXPORTER, startPostgresExporter } from '../support/prometheus/postgres-exporter.ts';
import { PROMETHEUS, startPrometheus } from '../support/prometheus/prometheus.ts';

const all = [PROMETHEUS, ALERTMANAGER, POSTGRES_EXPORTER].map((each) => needs(each.program, each.package));
const skip = all.some((need) => need.skip);
const reason = all.map((need) => need.reason).join('');
const RULES = join(import.meta.dirname, '../../observability/alerts/database-connection-pool.rules.yml');

/** Real time passes here: scrapes and rules are a second apart, and Alertmanager groups for another. */
const PATIENCE_MS = 25_000;

/** Of 20 connections 17 are ordinary; the exporter, Lifeguard and the superuser of the test hold the rest. */
const LEAKED = 13;

describe.skipIf(skip)(`a real Prometheus and two real Alertmanagers${reason}`, () => {
  const opened: Array<{ stop(): Promise<void> }> = [];
  let patient: TestPostgres;
  let lifeguard: Harness;

  const keep = <T extends { stop(): Promise<void> }>(started: T): T => {
    opened.push(started);
    return started;
  };

  /** Messages of the channel itself; one that has replies carries its own `ts` as `thread_ts`. */
  const parents = () =>
    lifeguard
      .messages('backend-team')
      .filter((message) => message.thread_ts === undefined || message.thread_ts === message.ts);

  beforeAll(async () => {
    patient = keep(await testPostgres({ maxConnections: 20 }));
    const admin = await patient.admin();
    await admin.query("create role app login password 'app'");
    await admin.query("create role exporter login password 'exporter' in role pg_monitor");
    await admin.query("create role rescuer login password 'rescuer' in role pg_monitor, pg_signal_backend");
    await admin.query('create database catalytic_db');
    const patientUrl = patient.urlFor({ user: 'rescuer', password: 'rescuer', database: 'catalytic_db' });
    lifeguard = keep(await startHarness({ patientUrl }));

    // Two that do not know each other, as in a cluster that is cut in two: both deliver.
    const webhook = {
      webhookUrl: `http://127.0.0.1:${lifeguard.app.port}/webhooks/alertmanager`,
      token: WEBHOOK_TOKEN,
    };
    const alertmanagers = [keep(await startAlertmanager(webhook)), keep(await startAlertmanager(webhook))];
    const dsn = patient.urlFor({ user: 'exporter', password: 'exporter', database: 'postgres' });
    const exporter = keep(await startPostgresExporter({ dsn }));
    keep(
      await startPrometheus({
        rulesFile: RULES,
        scrape: { postgres: exporter.url },
        alertmanagerUrls: alertmanagers.map((each) => each.url),
      }),
    );
  });

  afterAll(async () => {
    for (const each of opened.splice(0).reverse()) await each.stop();
  });

  test('open one incident for a pool past 90 %, and close it when the pool has room again', async () => {
    const leaked = await leak(LEAKED);

    const parent = await eventually(() => parents()[0], 'the parent message', PATIENCE_MS);
    expect(wordsOf(parent)).toContain('orders connection pool');
    expect(wordsOf(parent)).toContain('DatabaseConnectionPoolExhaustion');
    expect(wordsOf(parent)).toContain('of the usable slots');
    await eventually(() => (lifeguard.pagerduty.pages.length > 0 ? true : undefined), 'level 1 paged');

    await Promise.all(leaked.map((client) => client.end()));
    await eventually(
      () => parents().find((message) => message.text.includes('resolved')),
      'the parent message says resolved',
      PATIENCE_MS,
    );
    // Both told both: what is one incident here was notified four times.
    await eventually(async () => ((await accepted(lifeguard)) >= 4 ? true : undefined), 'four deliveries');
    await lifeguard.settled();

    expect(parents()).toHaveLength(1);
    expect(lifeguard.pagerduty.pages.map((page) => page.action)).toEqual(['trigger', 'resolve']);
  }, 60_000);

  /** Connections of an application that begins transactions and forgets them. */
  async function leak(count: number): Promise<pg.Client[]> {
    const url = patient.urlFor({
      user: 'app',
      password: 'app',
      database: 'catalytic_db',
      application: 'catalytic-api',
    });
    return await Promise.all(
      Array.from({ length: count }, async () => {
        const client = await connect(url);
        await client.query('begin');
        return client;
      }),
    );
  }
});

/** How many notifications were answered with 200. */
async function accepted(lifeguard: Harness): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${lifeguard.app.port}/metrics`)).text();
  return Number(
    /^lifeguard_webhooks_total\{source="alertmanager",code="200"\} (\d+)$/m.exec(metrics)?.[1] ?? 0,
  );
}
