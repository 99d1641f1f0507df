import { describe, expect, test } from 'vitest';
import { runStep } from '../../src/checks/run-step.ts';
import { excessOf } from '../../src/cli/check/excess.ts';
import { Lifeline } from '../../src/pool/lifeline.ts';
import { BUILTIN_CHECKS, type BuiltinName } from '../../src/runbook/builtin.ts';
import { makeLeastRole } from '../support/least-role.ts';
import { needs } from '../support/needs.ts';
import { OLDER_POSTGRES, startOlderPostgres } from '../support/older-postgres.ts';
import { connect } from '../support/postgres.ts';
import { call, contextOf } from './context.ts';

const older = needs(OLDER_POSTGRES, 'postgresql-15');

/** What asks something else than the database is not meant here. */
const OF_THE_DATABASE = (Object.keys(BUILTIN_CHECKS) as BuiltinName[]).filter(
  (name) => !['traffic', 'logs', 'pgbouncer'].includes(name),
);

describe.skipIf(older.skip)(`a PostgreSQL three versions older${older.reason}`, () => {
  test('every check of the database is answered, without one word about a fault', async () => {
    const server = await startOlderPostgres();
    const admin = await connect(server.url);
    await makeLeastRole(admin, 'doctor');
    const url = server.url.replace('admin@', 'doctor@');
    const lifeline = new Lifeline({ url });
    try {
      await admin.query('create extension pg_stat_statements');
      await admin.query('begin; create table held (n int)');
      const doctor = await connect(url);
      expect(await excessOf(doctor)).toEqual([]);
      await doctor.end();
      await lifeline.start();
      for (const name of OF_THE_DATABASE) {
        const { ok, findings } = await runStep(contextOf(lifeline), [call(name)]);
        const said = [findings.headline, ...findings.lines, findings.mend ?? ''].join('\n');
        expect(ok, `${name}: ${said}`).toBe(true);
        expect(said, name).not.toMatch(/does not exist|syntax error|could not|failed/i);
      }
    } finally {
      await lifeline.close();
      await admin.end();
      await server.stop();
    }
  });
});
