import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, isParent, PEOPLE, wordsOf } from '../support/lifeguard.ts';
import { connect } from '../support/postgres.ts';
import {
  askToKill,
  happened,
  lifeguardWith,
  now,
  openThread,
  type Patient,
  startPatient,
  told,
} from './story.ts';

const { alice, bob } = PEOPLE;

/** What was approved is ended, or nothing is. */
describe('a kill is exact', () => {
  let patient: Patient;
  beforeAll(async () => {
    patient = await startPatient();
  });
  afterAll(() => patient?.stop());

  test('a backend that ended before the approval: the job says so and ends nothing', async () => {
    const lifeguard = await lifeguardWith({ patientUrl: patient.botUrl });
    const leak = await patient.session();
    const bystander = await patient.session();
    await openThread(lifeguard);
    const preview = await askToKill(lifeguard, leak.pid);
    await leak.end();
    await eventually(async () => ((await leak.lives()) ? undefined : true), 'it has ended by itself');
    await lifeguard.slack.actor.press(bob, preview, 'Approve');
    await lifeguard.message(
      'backend-team',
      (one) => wordsOf(one).includes(`no backend with pid ${leak.pid} any more; nothing was done`),
      'the outcome',
    );
    expect(await happened(lifeguard, 'RemedyEnded')).toMatchObject([{ outcome: 'nothing_to_do' }]);
    expect(await bystander.lives()).toBe(true);
  });

  test('a pid that belongs to another connection by now is left alone', async () => {
    const lifeguard = await lifeguardWith({ patientUrl: patient.botUrl });
    const other = await patient.session();
    await openThread(lifeguard);
    await lifeguard.app.engine.loop.submit({
      to: { incident: 'inc-1' },
      command: {
        type: 'RequestRemedy',
        by: { id: alice, groups: ['S0ONCALL'], via: 'slack' },
        id: 'inc-1',
        action: 'terminate',
        // The pid is that of a living backend; the start is that of the one before it.
        target: { kind: 'backend', pid: other.pid, backendStart: '2026-03-02 02:11:09.123456+00' },
        preview: {
          title: `Terminate backend ${other.pid}`,
          facts: [],
          risks: [],
          takenAt: new Date().toISOString(),
        },
      },
    });
    const preview = await lifeguard.message(
      'backend-team',
      (one) => wordsOf(one).includes('"Approve"'),
      'the preview',
    );
    await lifeguard.slack.actor.press(bob, preview, 'Approve');
    await lifeguard.message(
      'backend-team',
      (one) => wordsOf(one).includes('the pid belongs to another one now; nothing was done'),
      'the outcome',
    );
    expect(await other.lives()).toBe(true);
  });

  test('/pool kill says what is wrong with a pid that is gone, negative, huge or no number', async () => {
    const lifeguard = await lifeguardWith({ patientUrl: patient.botUrl });
    const pool = (text: string) => lifeguard.slack.actor.command(alice, 'backend-team', '/pool', text);
    await pool('kill 2147483647');
    await told(lifeguard, alice, 'no backend with pid 2147483647');
    for (const wrong of ['-5', '2147483648', '99999999999', '4711; drop table x', 'kill', '']) {
      const before = lifeguard.slack.workspace.ephemerals(alice).length;
      await pool(`kill ${wrong}`);
      const said = await eventually(
        () => lifeguard.slack.workspace.ephemerals(alice)[before],
        `answer to "${wrong}"`,
      );
      expect(said.text).toMatch(/whole number from 1 to 2147483647|There is no pool of that name/);
    }
    expect(lifeguard.messages('backend-team')).toHaveLength(0);
  });

  test('with no incident open the preview stands in the channel of the pool, its outcome in the same message', async () => {
    const lifeguard = await lifeguardWith({ patientUrl: patient.botUrl });
    const leak = await patient.session();
    const preview = await askToKill(lifeguard, leak.pid);
    expect(isParent(preview)).toBe(true);
    expect(wordsOf(preview)).toContain('"Deny"');
    await told(lifeguard, alice, 'waits for an approval');
    await lifeguard.slack.actor.press(bob, preview, 'Approve');
    await eventually(async () => ((await leak.lives()) ? undefined : true), 'the session is gone');
    await eventually(
      () => (wordsOf(now(lifeguard, preview)).includes('has ended') ? true : undefined),
      'the message says how it went',
    );
    await lifeguard.message(
      'backend-team',
      (one) => one.thread_ts === preview.ts && wordsOf(one).includes('has ended'),
      'the outcome in its thread',
    );
    expect(lifeguard.pagerduty.pages).toHaveLength(0);
  });

  test('the backend of a superuser is refused with the reason, on the timeline too', async () => {
    const lifeguard = await lifeguardWith({ patientUrl: patient.botUrl });
    const boss = await connect(patient.url);
    try {
      const { rows } = await boss.query<{ pid: number }>('select pg_backend_pid() as pid');
      await openThread(lifeguard);
      await lifeguard.slack.actor.command(alice, 'backend-team', '/pool', `kill ${rows[0]?.pid}`);
      await told(lifeguard, alice, 'only a superuser may end it');
      expect(await happened(lifeguard, 'ActRefused')).toHaveLength(1);
      expect((await boss.query('select 1')).rowCount).toBe(1);
    } finally {
      await boss.end();
    }
  });
});
