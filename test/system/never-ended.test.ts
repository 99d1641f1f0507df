import { afterAll, beforeAll, expect, test } from 'vitest';
import { begin, until } from '../pool/crowd.ts';
import { eventually, type Harness, PEOPLE } from '../support/lifeguard.ts';
import { connect } from '../support/postgres.ts';
import { happened, lifeguardWith, openThread, type Patient, startPatient, told } from './story.ts';

const { alice } = PEOPLE;

let patient: Patient;
beforeAll(async () => {
  patient = await startPatient();
});
afterAll(() => patient?.stop());

/**
 * A real worker of autovacuum that has to prevent wraparound: the table says that its oldest row is older than
 * it may be, and the worker rests for a tenth of a second at every page.
 */
async function vacuumAgainstWraparound(): Promise<number> {
  const admin = await patient.admin();
  await admin.query(`
    create table old_rows with (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1,
                                autovacuum_freeze_max_age = 100000)
        as select repeat('x', 4000) as filler from generate_series(1, 300);
    alter table old_rows owner to app;
    update pg_class
       set relfrozenxid = ((pg_current_xact_id()::text::bigint - 200000) & 4294967295)::text::xid
     where relname = 'old_rows'`);
  await admin.query(`alter system set autovacuum_naptime = '1s'`);
  await admin.query('select pg_reload_conf()');
  const found: { pid: number }[] = [];
  await until(async () => {
    const { rows } = await admin.query<{ pid: number }>(`
      select pid from pg_stat_activity
       where backend_type = 'autovacuum worker' and query like '%old_rows (to prevent wraparound)'`);
    found.push(...rows);
    return found.length > 0;
  });
  return found[0]?.pid ?? 0;
}

/** The pids that any button in the thread or any answer to `person` would ask to end. */
function offered(lifeguard: Harness, person: string): number[] {
  const seen = [lifeguard.messages('backend-team'), lifeguard.slack.workspace.ephemerals(person)];
  return [...JSON.stringify(seen).matchAll(/\\"pid\\":(\d+)/g)].map(([, pid]) => Number(pid));
}

test('autovacuum against wraparound and a superuser at the root of a queue are shown, never offered, and refused when forced', async () => {
  const lifeguard = await lifeguardWith({ patientUrl: patient.botUrl });
  const admin = await patient.admin();
  const worker = await vacuumAgainstWraparound();
  const leak = await patient.session();
  const boss = await connect(patient.urlFor({ application: 'psql' }));
  const app = patient.urlFor({ user: 'app', password: 'app', application: 'catalytic-api' });
  const waiters = await Promise.all([connect(app), connect(app), connect(app), connect(app)]);
  try {
    const { rows } = await boss.query<{ pid: number }>('select pg_backend_pid() as pid');
    const superuser = rows[0]?.pid ?? 0;
    await boss.query('create table prices (n int); grant all on prices to app');
    await boss.query('begin; lock table prices in access exclusive mode');
    for (const [index, waiter] of waiters.entries()) {
      begin(waiter, index === 0 ? 'alter table old_rows add column n int' : 'select * from prices');
    }
    await until(async () => {
      const waiting = await admin.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock'`);
      return waiting.rowCount === waiters.length;
    });

    await openThread(lifeguard);
    await eventually(async () => {
      const events = await lifeguard.app.store.events('inc-1');
      return events.some((event) => event.type === 'VerdictReached' && event.complete) || undefined;
    }, 'the verdict');
    await lifeguard.slack.actor.command(alice, 'backend-team', '/pool', 'queries');
    await told(lifeguard, alice, 'a superuser’s, never ended');
    await lifeguard.message(
      'backend-team',
      (one) => JSON.stringify(one.blocks ?? []).includes(`pid ${worker} autovacuum worker`),
      'the worker in the tree of waiters',
    );
    const pids = offered(lifeguard, alice);
    expect(pids).toContain(leak.pid);
    expect(pids).not.toContain(worker);
    expect(pids).not.toContain(superuser);

    await lifeguard.slack.actor.command(alice, 'backend-team', '/pool', `kill ${worker}`);
    await told(lifeguard, alice, `backend ${worker} is the server’s own process (autovacuum worker)`);
    await lifeguard.slack.actor.command(alice, 'backend-team', '/pool', `kill ${superuser}`);
    await told(lifeguard, alice, `backend ${superuser} belongs to the superuser`);
    const refused = await eventually(async () => {
      const events = await happened(lifeguard, 'ActRefused');
      return events.length === 2 ? events : undefined;
    }, 'both refusals on the timeline');
    expect(refused.map(({ why }) => why)).toEqual([
      expect.stringContaining('autovacuum worker'),
      expect.stringContaining('superuser'),
    ]);
    const left = await admin.query('select 1 from pg_stat_activity where pid = any($1)', [
      [worker, superuser],
    ]);
    expect(left.rowCount).toBe(2);
  } finally {
    await Promise.all([boss, ...waiters].map((client) => client.end().catch(() => undefined)));
  }
});
