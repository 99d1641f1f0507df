import { expect, test, vi } from 'vitest';
import { eventually, isParent, PEOPLE, wordsOf } from '../support/lifeguard.ts';
import { happened, lifeguardOfQuietPool, openThread, saying } from './story.ts';

// Servers are started in each test, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const STEPS = [1, 2, 3, 4, 5];

test('each step is one message that is brought up to date, with its findings, its time and its button', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  await openThread(lifeguard);
  const messageOf = (step: number) =>
    saying(lifeguard, 'backend-team', `Step ${step}:`, `"Run step ${step}"`, 'took ')[0];
  const messages = await eventually(() => {
    const found = STEPS.flatMap((step) => messageOf(step) ?? []);
    return found.length === STEPS.length ? found : undefined;
  }, 'five steps with findings');
  for (const message of messages) expect(wordsOf(message)).toMatch(/took \d+ ms/);

  const [, second] = messages;
  if (second === undefined) throw new Error('no second step');
  await lifeguard.settled();
  const updates = () =>
    lifeguard.slack.api.calls.filter((call) => call.method === 'chat.update' && call.args['ts'] === second.ts)
      .length;
  const before = updates();
  await lifeguard.slack.actor.press(PEOPLE.alice, second, 'Run step 2');
  await eventually(async () => {
    const finished = await happened(lifeguard, 'StepFinished');
    return finished.find((event) => event.step === 2 && event.run === 2);
  }, 'step 2 has run again');
  await lifeguard.settled();
  expect(updates()).toBeGreaterThan(before);
  for (const step of STEPS) {
    expect(
      lifeguard
        .messages('backend-team')
        .filter((one) => !isParent(one) && one.text.startsWith(`Step ${step}:`)),
    ).toHaveLength(1);
  }
});
