import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  eventually,
  type Harness,
  isParent,
  notification,
  PEOPLE,
  startHarness,
  wordsOf,
} from '../support/lifeguard.ts';
import { connect, type TestPostgres, testPostgres } from '../support/postgres.ts';

/** The whole story on real parts: a full pool, an alert, a thread, a kill approved by someone else, recovery. */
describe('the main job', () => {
  let patient: TestPostgres;
  let lifeguard: Harness;
  const clients: pg.Client[] = [];
  const started = new Date();

  beforeAll(async () => {
    patient = await testPostgres({ maxConnections: 12 });
    const admin = await patient.admin();
    await admin.query(`
      create role bot login password 'bot';
      grant pg_monitor, pg_signal_backend to bot;
      create role app login password 'app';
      create table stock (item integer, reserved integer);
      insert into stock values (1, 0);
      grant all on stock to app`);
    lifeguard = await startHarness({ patientUrl: patient.urlFor({ user: 'bot', password: 'bot' }) });
  });

  afterAll(async () => {
    await lifeguard?.stop();
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
    await patient?.stop();
  });

  test('runs from the alert to the closed incident with every ordinary connection taken', async () => {
    const appUrl = patient.urlFor({ user: 'app', password: 'app', application: 'catalytic-api' });
    const leak = await connect(appUrl);
    clients.push(leak);
    await leak.query('begin; update stock set reserved = 1 where item = 1');
    const leaked = await leak.query<{ pid: number }>('select pg_backend_pid() as pid');
    const pid = leaked.rows[0]?.pid ?? 0;
    let refused = false;
    while (!refused) {
      try {
        const waiter = await connect(appUrl);
        clients.push(waiter);
        waiter.query('update stock set reserved = 2 where item = 1').catch(() => undefined);
      } catch (error) {
        refused = (error as { code?: string }).code === '53300';
        if (!refused) throw error;
      }
    }

    const answer = await lifeguard.alert(notification({ startsAt: started }));
    expect(answer.status).toBe(200);
    const parent = await lifeguard.message('backend-team', isParent, 'the parent message');
    expect(parent.text).toContain('orders');
    await eventually(() => (lifeguard.pagerduty.pages.length === 1 ? true : undefined), 'level 1 paged');

    await lifeguard.slack.actor.press(PEOPLE.alice, parent, 'Acknowledge');
    const step = await lifeguard.message('backend-team', (one) => wordsOf(one).includes('blocks'), 'step 2');
    await lifeguard.slack.actor.press(PEOPLE.alice, step, `terminate.${pid}`);
    const preview = await lifeguard.message(
      'backend-team',
      (one) => wordsOf(one).includes('"Approve"'),
      'the preview',
    );
    expect(wordsOf(preview)).toContain(`Terminate backend ${pid}`);

    await lifeguard.slack.actor.press(PEOPLE.alice, preview, 'Approve');
    expect(await exists(patient, pid)).toBe(true);
    await lifeguard.slack.actor.press(PEOPLE.bob, preview, 'Approve');
    await eventually(async () => ((await exists(patient, pid)) ? undefined : true), 'the backend is gone');
    await lifeguard.message('backend-team', (one) => wordsOf(one).includes('has ended'), 'the outcome');

    await lifeguard.alert(notification({ startsAt: started, status: 'resolved' }));
    await lifeguard.message(
      'backend-team',
      (one) => isParent(one) && one.text.includes('resolved'),
      'the close',
    );
    await lifeguard.settled();
    expect(lifeguard.pagerduty.pages.map((page) => page.action)).toEqual([
      'trigger',
      'acknowledge',
      'resolve',
    ]);

    const events = await lifeguard.app.store.events('inc-1');
    expect(events.map((event) => event.type)).toContain('ActRefused');
    expect(events.filter((event) => event.type === 'RemedyStarted')).toHaveLength(1);
    expect(events.slice(-2).map((event) => event.type)).toEqual(['Resolved', 'FollowUpsListed']);
  });
});

async function exists(patient: TestPostgres, pid: number): Promise<boolean> {
  const admin = await patient.admin();
  const { rowCount } = await admin.query('select 1 from pg_stat_activity where pid = $1', [pid]);
  return rowCount === 1;
}
