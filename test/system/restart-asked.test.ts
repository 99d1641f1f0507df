import { WebClient } from '@slack/web-api';
import { expect, onTestFinished, test } from 'vitest';
import type { Message } from '../../src/console/slack/types.ts';
import { actions } from '../../src/slack/views/blocks.ts';
import { restartButton } from '../../src/slack/views/remedy-buttons.ts';
import { setEnv } from '../remedies/application.ts';
import { startKubernetes } from '../support/kubernetes.ts';
import { eventually, type Harness, PEOPLE, wordsOf } from '../support/lifeguard.ts';
import { happened, lifeguardOfQuietPool, now, openThread, told } from './story.ts';

const { alice, bob, carol, mallory } = PEOPLE;

/** A Lifeguard whose pool is restarted by Kubernetes, by two people besides the one who asks. */
async function restartable(poolYaml = ['restart: { kubernetes: { namespace: shop, deployment: orders } }']) {
  const kubernetes = await startKubernetes();
  onTestFinished(() => kubernetes.stop());
  setEnv('KUBECONFIG', kubernetes.kubeconfig);
  const lifeguard = await lifeguardOfQuietPool({
    poolYaml,
    twoPerson: ['restart'],
    slack: {
      groups: [
        { id: 'S0ONCALL', handle: 'oncall', name: 'On call', users: [alice, bob, carol] },
        { id: 'S0DBA', handle: 'dba', name: 'DBAs', users: [alice, bob, carol] },
      ],
    },
  });
  const parent = await openThread(lifeguard);
  return { kubernetes, lifeguard, parent };
}

/** The suggestion as the verdict draws it for a pool whose application is to blame. */
async function suggestion(lifeguard: Harness, parent: Message): Promise<Message> {
  const { slack } = lifeguard;
  const posted = await new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl }).chat.postMessage({
    channel: parent.channel,
    thread_ts: parent.ts,
    text: 'the suggestion',
    blocks: [actions('suggested', [restartButton({ i: 'inc-1', pool: 'orders' })])],
  });
  const message = slack.workspace.message(parent.channel, posted.ts ?? '');
  if (message === undefined) throw new Error('the suggestion was not posted');
  return message;
}

/** Presses Restart and fills in the modal. */
async function ask(lifeguard: Harness, parent: Message, person: string, reason: string) {
  await lifeguard.slack.actor.press(person, await suggestion(lifeguard, parent), 'Restart');
  const modal = await eventually(() => [...lifeguard.slack.workspace.views(person)].at(-1), 'the modal');
  return lifeguard.slack.actor.submitView(person, modal.id, { reason });
}

test('a restart is asked for with a reason, approved by two others, and done once', async () => {
  const { kubernetes, lifeguard, parent } = await restartable();
  expect(JSON.stringify(await ask(lifeguard, parent, alice, '   '))).toContain('Say why');
  expect((await lifeguard.app.store.incident('inc-1'))?.requests).toEqual({});

  await lifeguard.slack.actor.submitView(
    alice,
    [...lifeguard.slack.workspace.views(alice)].at(-1)?.id ?? '',
    { reason: 'the leak *comes* back at once' },
  );
  const preview = await lifeguard.message(
    'backend-team',
    (one) => wordsOf(one).includes('Restart the deployment orders?') && wordsOf(one).includes('"Approve"'),
    'the preview',
  );
  expect(wordsOf(preview)).toContain('asked for by <@U0ALICE>: the leak');
  expect(wordsOf(preview)).toContain('needs two approvers');
  expect(await happened(lifeguard, 'RemedyRequested')).toMatchObject([
    { request: { action: 'restart', reason: 'the leak *comes* back at once' } },
  ]);

  await lifeguard.slack.actor.press(alice, preview, 'Approve');
  await told(lifeguard, alice, 'you asked for it');
  await lifeguard.slack.actor.press(bob, preview, 'Approve');
  await told(lifeguard, bob, 'one more');
  expect(kubernetes.patches).toEqual([]);
  await lifeguard.slack.actor.press(carol, preview, 'Approve');
  await lifeguard.message(
    'backend-team',
    (one) => wordsOf(one).includes('restarts pod by pod'),
    'the outcome',
  );
  expect(kubernetes.patches).toHaveLength(1);
  await eventually(
    () => (wordsOf(now(lifeguard, preview)).includes('<@U0BOB> and <@U0CAROL>') ? true : undefined),
    'both are named',
  );
});

test('a deployment rolled out between preview and approval is left alone, and the thread says so', async () => {
  const { kubernetes, lifeguard, parent } = await restartable();
  await ask(lifeguard, parent, alice, 'hangs');
  const preview = await lifeguard.message(
    'backend-team',
    (one) => wordsOf(one).includes('"Approve"'),
    'the preview',
  );
  kubernetes.change({ image: 'orders:2' });
  await lifeguard.slack.actor.press(bob, preview, 'Approve');
  await told(lifeguard, bob, 'one more');
  await lifeguard.slack.actor.press(carol, preview, 'Approve');
  expect(await happened(lifeguard, 'RemedyEnded')).toMatchObject([{ outcome: 'nothing_to_do' }]);
  expect(kubernetes.patches).toEqual([]);
});

test('what cannot be restarted is told in one line, and is on the timeline', async () => {
  const { lifeguard, parent } = await restartable([
    'restart: { kubernetes: { namespace: shop, deployment: gone } }',
  ]);
  await ask(lifeguard, parent, alice, 'hangs');
  await told(lifeguard, alice, 'knows no deployment gone in the namespace shop');
  expect(await happened(lifeguard, 'ActRefused')).toMatchObject([
    { act: 'Restart the application', why: expect.stringContaining('correct restart.kubernetes') },
  ]);
});

test('who may not ask is refused after the modal, too, and told so', async () => {
  const { lifeguard, parent } = await restartable();
  await ask(lifeguard, parent, mallory, 'for fun');
  await told(lifeguard, mallory, 'only responders may do this');
  expect(await happened(lifeguard, 'ActRefused')).toMatchObject([{ by: { id: mallory } }]);
});

test('/pool remedies has the button too; an unknown pool is told which there are', async () => {
  const { lifeguard } = await restartable();
  const { actor, workspace } = lifeguard.slack;
  await actor.command(alice, 'backend-team', '/pool', 'remedies nope');
  await told(lifeguard, alice, 'There is no pool of that name. Configured: `orders`');
  await actor.command(alice, 'backend-team', '/pool', 'remedies');
  await told(lifeguard, alice, 'May approve: <!subteam^S0DBA>');
  const list = workspace
    .ephemerals(alice)
    .find((one) => JSON.stringify(one.blocks ?? []).includes('"Restart"'));
  if (list === undefined) throw new Error('the list has no Restart');
  await actor.press(alice, list, 'Restart');
  const modal = await eventually(() => [...workspace.views(alice)].at(-1), 'the modal');
  await actor.submitView(alice, modal.id, { reason: 'nothing else helps' });
  await told(lifeguard, alice, 'waits for an approval');
  expect(await happened(lifeguard, 'RemedyRequested')).toMatchObject([
    { request: { reason: 'nothing else helps' } },
  ]);
});
