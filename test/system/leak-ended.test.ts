import { setTimeout as sleep } from 'node:timers/promises';
import { WebClient } from '@slack/web-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { actions } from '../../src/slack/views/blocks.ts';
import { remedyButton } from '../../src/slack/views/remedy-buttons.ts';
import { eventually, PEOPLE, wordsOf } from '../support/lifeguard.ts';
import { happened, lifeguardWith, now, openThread, type Patient, startPatient } from './story.ts';

let patient: Patient;
beforeAll(async () => {
  patient = await startPatient();
});
afterAll(() => patient?.stop());

test('one approval ends the sessions of a leak that were shown, and not the one that came after', async () => {
  const lifeguard = await lifeguardWith({ patientUrl: patient.botUrl });
  const leak = [await patient.session(), await patient.session()];
  const parent = await openThread(lifeguard);
  await sleep(1_100);
  // The suggestion as the verdict draws it; the verdict itself names a leak only after a minute.
  const suggested = remedyButton(
    { i: 'inc-1', pool: 'orders' },
    {
      action: 'terminate_leak',
      target: {
        kind: 'leak',
        application: 'catalytic-api',
        lastStatement: 'begin; select pg_backend_pid() as pid',
      },
    },
  );
  const { slack } = lifeguard;
  const posted = await new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl }).chat.postMessage({
    channel: parent.channel,
    thread_ts: parent.ts,
    text: 'the suggestion',
    blocks: suggested === undefined ? [] : [actions('suggested', [suggested])],
  });
  const message = slack.workspace.message(parent.channel, posted.ts ?? '');
  if (message === undefined) throw new Error('the suggestion was not posted');
  await slack.actor.press(PEOPLE.alice, message, 'Terminate');
  const preview = await lifeguard.message(
    'backend-team',
    (one) => wordsOf(one).includes('Terminate 2 leaked sessions') && wordsOf(one).includes('"Approve"'),
    'the preview',
  );
  for (const { pid } of leak) expect(wordsOf(preview)).toContain(`${pid} (`);
  const later = await patient.session();
  await slack.actor.press(PEOPLE.bob, preview, 'Approve');
  await lifeguard.message(
    'backend-team',
    (one) => wordsOf(one).includes('2 of 2 sessions have ended'),
    'the outcome',
  );
  await eventually(
    async () => ((await Promise.all(leak.map((one) => one.lives()))).includes(true) ? undefined : true),
    'both are gone',
  );
  expect(await later.lives()).toBe(true);
  expect(await happened(lifeguard, 'RemedyEnded')).toMatchObject([{ outcome: 'done' }]);
  expect(await happened(lifeguard, 'Mitigated')).toMatchObject([{ request: 'r1' }]);
  await eventually(
    () => (wordsOf(now(lifeguard, parent)).includes('*Mitigated*') ? true : undefined),
    'the parent message says so',
  );
  const chart = await eventually(async () => {
    const shared = (await happened(lifeguard, 'FileShared')).find(({ file }) => file === 'mitigation-r1');
    return shared?.fileId === undefined ? undefined : slack.workspace.file(shared.fileId);
  }, 'the chart');
  expect(chart).toMatchObject({
    name: 'orders-before-and-after.png',
    alt_txt: expect.stringMatching(
      /around the remedy “Terminate 2 leaked sessions \(catalytic-api\)”, which ended at .* and is marked: \d+ % → \d+ %/,
    ),
  });
});
