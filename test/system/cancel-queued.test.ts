import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Message } from '../../src/console/slack/types.ts';
import { eventually, type Harness, PEOPLE, wordsOf } from '../support/lifeguard.ts';
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

const { alice, bob, mallory } = PEOPLE;

let patient: Patient;
beforeAll(async () => {
  patient = await startPatient();
});
afterAll(() => patient?.stop());

function signal() {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give: () => give() };
}

/** A receiver of restarts that keeps its answer back until it is let go. */
async function slowReceiver() {
  const began = signal();
  const letGo = signal();
  const server = createServer(async (_request, response) => {
    began.give();
    await letGo.given;
    response.end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(async () => {
    letGo.give();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  return { began: began.given, letGo: letGo.give, port: (server.address() as AddressInfo).port };
}

/** Asks for the restart by the door that a button and its modal lead to. */
async function askToRestart(lifeguard: Harness, port: number): Promise<Message> {
  await lifeguard.app.engine.loop.submit({
    to: { incident: 'inc-1' },
    command: {
      type: 'RequestRemedy',
      id: 'inc-1',
      by: { id: alice, groups: ['S0ONCALL'], via: 'slack' },
      action: 'restart',
      target: { kind: 'restart', way: 'webhook', key: 'k1', host: `127.0.0.1:${port}` },
      preview: { title: 'Restart catalytic-api', facts: [], risks: [], takenAt: new Date().toISOString() },
      reason: 'it is stuck',
    },
  });
  return lifeguard.message(
    'backend-team',
    (one) => wordsOf(one).includes('Restart catalytic-api?'),
    'the preview',
  );
}

test('what waits behind another remedy of its pool can be cancelled until it begins', async () => {
  const receiver = await slowReceiver();
  const lifeguard = await lifeguardWith({
    patientUrl: patient.botUrl,
    poolYaml: [
      `restart: { webhook: { url: "http://127.0.0.1:${receiver.port}/", secret: s, timeout: 60s } }`,
    ],
  });
  const { actor } = lifeguard.slack;
  const leak = await patient.session();
  await openThread(lifeguard);

  const restart = await askToRestart(lifeguard, receiver.port);
  await actor.press(bob, restart, 'Approve');
  await receiver.began;
  const kill = await askToKill(lifeguard, leak.pid);
  await actor.press(bob, kill, 'Approve');
  const queued = await eventually(() => {
    const drawn = now(lifeguard, kill);
    return wordsOf(drawn).includes('queued') ? drawn : undefined;
  }, 'the kill waits');

  await actor.press(mallory, queued, 'Cancel');
  await told(lifeguard, mallory, 'only approvers may do this');
  await actor.press(alice, queued, 'Cancel');
  await eventually(
    () =>
      wordsOf(now(lifeguard, kill)).includes('cancelled by <@U0ALICE> before it began') ? true : undefined,
    'the message says so',
  );
  receiver.letGo();
  await lifeguard.message(
    'backend-team',
    (one) => wordsOf(one).includes('has taken the restart'),
    'the outcome',
  );
  await actor.press(bob, queued, 'Cancel');
  await told(lifeguard, bob, 'cancelled by <@U0ALICE>');
  await lifeguard.settled();
  expect(await leak.lives()).toBe(true);
  expect(await happened(lifeguard, 'RemedyCancelled')).toMatchObject([{ request: 'r2', by: { id: alice } }]);
  expect(await happened(lifeguard, 'RemedyStarted')).toMatchObject([{ request: 'r1' }]);
});
