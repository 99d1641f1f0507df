import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lifeline } from '../../src/pool/lifeline.ts';
import { findStatements, readCounters, readTexts, since, sum } from '../../src/pool/statements.ts';
import { type TestPostgres, testPostgres } from '../support/postgres.ts';

/** The extension's versions since PostgreSQL 10: an upgraded server keeps its old one until someone updates it. */
const VERSIONS = ['1.4', '1.5', '1.6', '1.7', '1.8', '1.9', '1.10', '1.11', '1.12'];

let server: TestPostgres;
let admin: pg.Client;
let lifeline: Lifeline;

beforeAll(async () => {
  server = await testPostgres({ flags: ['-c', 'shared_preload_libraries=pg_stat_statements'] });
  admin = await server.admin();
  lifeline = new Lifeline({ url: server.url });
  await lifeline.start();
});
afterAll(async () => {
  await lifeline.close();
  await server.stop();
});

test.each(VERSIONS)(
  'what a statement cost since the incident began is read from version %s',
  async (version) => {
    await admin.query('drop extension if exists pg_stat_statements');
    await admin.query(`create extension pg_stat_statements version '${version}'`);
    const extension = await findStatements(lifeline);
    if ('missing' in extension) throw new Error(extension.missing);
    expect(extension.version.join('.')).toBe(version);
    const before = await readCounters(lifeline, extension);
    for (let run = 0; run < 3; run += 1) await admin.query(`select pg_sleep(0.002), 'secret of ${version}'`);
    const grown = since(before, await readCounters(lifeline, extension));
    const texts = await readTexts(lifeline, extension, [...grown.byKey.keys()]);
    const [key] = [...texts].find(([, text]) => text.includes('pg_sleep')) ?? [];
    expect(grown.byKey.get(key ?? '')?.calls).toBe(3);
    expect(grown.byKey.get(key ?? '')?.totalMs).toBeGreaterThanOrEqual(6);
    expect(sum(grown).calls).toBeGreaterThanOrEqual(3);
    expect([...texts.values()].join('\n')).not.toContain('secret');
  },
);

test('a missing extension, and a role that may not read it, come with the statement that mends it', async () => {
  await admin.query('drop extension if exists pg_stat_statements');
  expect(await findStatements(lifeline)).toEqual({
    missing: 'the extension pg_stat_statements is missing in this database',
    mend: 'create extension pg_stat_statements;',
  });
  await admin.query('create extension pg_stat_statements');
  await admin.query(`create role onlooker login password 'onlooker'`);
  const onlooker = new Lifeline({ url: server.urlFor({ user: 'onlooker', password: 'onlooker' }) });
  await onlooker.start();
  try {
    expect(await findStatements(onlooker)).toEqual({
      missing: 'role onlooker may not read other roles’ statements',
      mend: expect.stringMatching(/^grant pg_monitor to "?onlooker"?/i),
    });
  } finally {
    await onlooker.close();
  }
});
