import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrate } from '../../src/store/migrate.ts';
import { connect, testDatabase } from '../support/postgres.ts';
import { startProxy } from '../support/proxy.ts';

test('a fresh store gets every migration, and a second run has nothing to do', async () => {
  const database = await testDatabase();
  try {
    expect(await migrate(database.url)).toEqual([
      '001_incidents',
      '002_samples',
      '003_warnings',
      '004_pagerduty',
      '005_budgets',
    ]);
    expect(await migrate(database.url)).toEqual([]);
  } finally {
    await database.drop();
  }
});

test('of replicas that migrate at once, one does the work and the others wait for it', async () => {
  const database = await testDatabase();
  try {
    const runs = await Promise.all([1, 2, 3, 4].map(() => migrate(database.url)));
    expect(runs.map((run) => run.length).toSorted()).toEqual([0, 0, 0, 5]);
  } finally {
    await database.drop();
  }
});

test('a store that cannot be reached is an error of its own, not a hang', async () => {
  const database = await testDatabase();
  await database.drop();
  await expect(migrate(database.url)).rejects.toThrow(/does not exist/);
});

test('a connection that breaks off in the midst of it is an error, and the process lives on', async () => {
  const database = await testDatabase({ store: true });
  const proxy = await startProxy(Number(new URL(database.url).port));
  try {
    const url = new URL(database.url);
    url.port = String(proxy.port);
    const harm = proxy.harm({ kind: 'lose_answer', of: 'schema_migrations', withinMs: 5_000 });
    await expect(migrate(url.href)).rejects.toThrow(/terminated|ECONNRESET/);
    expect(await harm).toBe(true);
    expect(await migrate(url.href)).toEqual([]);
  } finally {
    await proxy.close();
    await database.drop();
  }
});

describe('events are facts', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let client: pg.Client;

  beforeAll(async () => {
    database = await testDatabase();
    await migrate(database.url);
    client = await connect(database.url);
    await client.query(`
      insert into incidents (id, key, kind, status, seq, state, opened_at)
      values ('inc-1', 'pool:a', 'incident', 'open', 1, '{}', now())`);
    await client.query(`
      insert into events (incident, seq, type, at, data) values ('inc-1', 1, 'IncidentOpened', now(), '{}')`);
  });

  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  test.each([
    ['changed', `update events set data = '{"type": "Resolved"}'`],
    [
      'changed by an upsert',
      `
      insert into events (incident, seq, type, at, data) values ('inc-1', 1, 'Resolved', now(), '{}')
      on conflict (incident, seq) do update set type = excluded.type`,
    ],
    ['deleted', `delete from events`],
    ['truncated', `truncate events`],
    ['truncated with their incidents', `truncate incidents cascade`],
  ])('they are not %s, even by the owner of the table', async (_what, statement) => {
    await expect(client.query(statement)).rejects.toThrow('events are append-only');
    expect((await client.query('select type from events')).rows).toEqual([{ type: 'IncidentOpened' }]);
  });

  test('an incident that has events is not deleted', async () => {
    await expect(client.query('delete from incidents')).rejects.toThrow(/foreign key/);
  });

  test('a sequence number is given once', async () => {
    await expect(
      client.query(
        `insert into events (incident, seq, type, at, data) values ('inc-1', 1, 'Resolved', now(), '{}')`,
      ),
    ).rejects.toThrow(/duplicate key/);
  });

  test('a key has one open incident, whatever wrote it', async () => {
    await expect(
      client.query(
        `insert into incidents (id, key, kind, status, seq, state, opened_at)
         values ($1, 'pool:a', 'incident', 'open', 1, '{}', now())`,
        [randomUUID()],
      ),
    ).rejects.toThrow(/incidents_one_open/);
  });
});
