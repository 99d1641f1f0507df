import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, PEOPLE, wordsOf } from '../support/lifeguard.ts';
import {
  askToKill,
  happened,
  lifeguardWith,
  MINUTE,
  now,
  openThread,
  type Patient,
  SECOND,
  startPatient,
  told,
} from './story.ts';

const { alice, bob, carol, mallory } = PEOPLE;

/** Who may approve, when, and how often it counts. */
describe('approvals', () => {
  let patient: Patient;
  beforeAll(async () => {
    patient = await startPatient();
  });
  afterAll(() => patient?.stop());

  test('a second click on Terminate and a second Approve change nothing, and the person is told', async () => {
    const lifeguard = await lifeguardWith({ patientUrl: patient.botUrl });
    const leak = await patient.session();
    await openThread(lifeguard);
    const step = await lifeguard.message(
      'backend-team',
      (one) => wordsOf(one).includes(`*pid ${leak.pid}*`),
      'step 2',
    );
    await Promise.all([1, 2].map(() => lifeguard.slack.actor.press(alice, step, `terminate.${leak.pid}`)));
    await told(lifeguard, alice, 'asked for already');
    const preview = await lifeguard.message(
      'backend-team',
      (one) => wordsOf(one).includes('"Approve"'),
      'the preview',
    );

    await Promise.all([
      lifeguard.slack.actor.press(bob, preview, 'Approve'),
      lifeguard.slack.actor.press(carol, preview, 'Approve'),
    ]);
    await lifeguard.message('backend-team', (one) => wordsOf(one).includes('has ended'), 'the outcome');
    expect(await leak.lives()).toBe(false);
    await lifeguard.slack.actor.press(bob, preview, 'Approve');
    await told(lifeguard, bob, 'nothing is done twice');
    await lifeguard.settled();
    expect(await happened(lifeguard, 'RemedyRequested')).toHaveLength(1);
    expect(await happened(lifeguard, 'RemedyApproved')).toHaveLength(1);
    expect(await happened(lifeguard, 'RemedyStarted')).toHaveLength(1);
  });

  test('someone who is no approver is refused, told so, and on the timeline; the session lives', async () => {
    const lifeguard = await lifeguardWith({ patientUrl: patient.botUrl });
    const leak = await patient.session();
    await openThread(lifeguard);
    const preview = await askToKill(lifeguard, leak.pid);
    await lifeguard.slack.actor.press(mallory, preview, 'Approve');
    await told(lifeguard, mallory, 'only approvers may do this');
    // Alice may ask; saying yes to it is another right.
    await lifeguard.slack.actor.press(alice, preview, 'Approve');
    await told(lifeguard, alice, 'only approvers may do this');
    const refusals = await happened(lifeguard, 'ActRefused');
    expect(refusals.map((one) => one.by.id)).toEqual([mallory, alice]);
    expect(await leak.lives()).toBe(true);
  });

  test('an approver may approve what they asked for, where two_person does not say otherwise', async () => {
    const lifeguard = await lifeguardWith({ patientUrl: patient.botUrl });
    const leak = await patient.session();
    await openThread(lifeguard);
    const preview = await askToKill(lifeguard, leak.pid, bob);
    await lifeguard.slack.actor.press(bob, preview, 'Approve');
    await eventually(async () => ((await leak.lives()) ? undefined : true), 'the session is gone');
  });

  test('two_person takes two approvers besides the one who asked', async () => {
    const lifeguard = await lifeguardWith({
      patientUrl: patient.botUrl,
      twoPerson: ['terminate'],
      slack: {
        groups: [
          { id: 'S0ONCALL', handle: 'oncall', name: 'On call', users: [alice, bob, carol] },
          { id: 'S0DBA', handle: 'dba', name: 'DBAs', users: [alice, bob, carol] },
        ],
      },
    });
    const leak = await patient.session();
    await openThread(lifeguard);
    const preview = await askToKill(lifeguard, leak.pid, alice);
    await lifeguard.slack.actor.press(alice, preview, 'Approve');
    await told(lifeguard, alice, 'you asked for it');
    await lifeguard.slack.actor.press(bob, preview, 'Approve');
    await told(lifeguard, bob, 'one more');
    await eventually(
      () => (wordsOf(now(lifeguard, preview)).includes('two approvers, 1 so far') ? true : undefined),
      'the preview counts',
    );
    await lifeguard.slack.actor.press(bob, preview, 'Approve');
    await told(lifeguard, bob, 'counts already');
    expect(await leak.lives()).toBe(true);
    await lifeguard.slack.actor.press(carol, preview, 'Approve');
    await eventually(async () => ((await leak.lives()) ? undefined : true), 'the session is gone');
    await eventually(
      () => (wordsOf(now(lifeguard, preview)).includes('<@U0BOB> and <@U0CAROL>') ? true : undefined),
      'both are named',
    );
  });

  test('Deny ends it: nothing is done, and a later Approve is told who denied it', async () => {
    const lifeguard = await lifeguardWith({ patientUrl: patient.botUrl });
    const leak = await patient.session();
    await openThread(lifeguard);
    const preview = await askToKill(lifeguard, leak.pid);
    await lifeguard.slack.actor.press(mallory, preview, 'Deny');
    await told(lifeguard, mallory, 'only approvers');
    await lifeguard.slack.actor.press(carol, preview, 'Deny');
    await eventually(
      () => (wordsOf(now(lifeguard, preview)).includes('denied by <@U0CAROL>') ? true : undefined),
      'the message says who',
    );
    expect(wordsOf(now(lifeguard, preview))).not.toContain('"Approve"');
    await lifeguard.slack.actor.press(bob, preview, 'Approve');
    await told(lifeguard, bob, 'denied by <@U0CAROL>');
    expect(await leak.lives()).toBe(true);
  });

  test('after approval_ttl nobody can approve it any more', async () => {
    const lifeguard = await lifeguardWith({ patientUrl: patient.botUrl, approvalTtl: '2m' });
    const leak = await patient.session();
    await openThread(lifeguard);
    const preview = await askToKill(lifeguard, leak.pid);
    await lifeguard.fastForward(2 * MINUTE + SECOND);
    await eventually(
      () => (wordsOf(now(lifeguard, preview)).includes('nobody approved it by') ? true : undefined),
      'the message says so',
    );
    await lifeguard.slack.actor.press(bob, preview, 'Approve');
    await told(lifeguard, bob, 'not approved in time');
    expect(await leak.lives()).toBe(true);
  });

  test('a right withdrawn between the approval and the run is withdrawn', async () => {
    const seats = [alice, bob, carol];
    const dbas = [bob, carol];
    const lifeguard = await lifeguardWith({
      patientUrl: patient.botUrl,
      slack: {
        groups: [
          { id: 'S0ONCALL', handle: 'oncall', name: 'On call', users: seats },
          { id: 'S0DBA', handle: 'dba', name: 'DBAs', users: dbas },
        ],
      },
    });
    const leak = await patient.session();
    await openThread(lifeguard);
    await askToKill(lifeguard, leak.pid);
    // What was read of the group is a minute old, and Bob has left it since.
    dbas.splice(dbas.indexOf(bob), 1);
    await lifeguard.fastForward(MINUTE + SECOND);
    await lifeguard.app.engine.loop.submit({
      to: { incident: 'inc-1' },
      command: { type: 'Approve', request: 'r1', by: { id: bob, groups: ['S0DBA'], via: 'slack' } },
    });
    await lifeguard.message(
      'backend-team',
      (one) => wordsOf(one).includes('approval no longer holds'),
      'the outcome',
    );
    expect(await happened(lifeguard, 'ActRefused')).toMatchObject([{ by: { id: bob } }]);
    expect(await leak.lives()).toBe(true);
  });

  test('groups that cannot be read let nobody approve', async () => {
    const lifeguard = await lifeguardWith({ patientUrl: patient.botUrl });
    const leak = await patient.session();
    await openThread(lifeguard);
    const preview = await askToKill(lifeguard, leak.pid);
    await lifeguard.fastForward(MINUTE + SECOND);
    lifeguard.slack.api.faults = (method) =>
      method === 'usergroups.users.list' ? { kind: 'error', error: 'missing_scope' } : undefined;
    await lifeguard.slack.actor.press(bob, preview, 'Approve');
    await told(lifeguard, bob, 'cannot be read from Slack');
    expect(await leak.lives()).toBe(true);
    lifeguard.slack.api.faults = undefined;
    await lifeguard.slack.actor.press(bob, preview, 'Approve');
    await eventually(async () => ((await leak.lives()) ? undefined : true), 'the session is gone');
    await lifeguard.message('backend-team', (one) => wordsOf(one).includes('has ended'), 'the outcome');
  });
});
