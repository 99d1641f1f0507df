import { expect, test, vi } from 'vitest';
import { PEOPLE } from '../support/lifeguard.ts';
import { happened, lifeguardOfQuietPool, openThread, told } from './story.ts';

// Servers are started in each test, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

test('`/pool diagnose` tells one person the verdict and all steps, and opens no incident', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  await lifeguard.slack.actor.command(PEOPLE.alice, 'backend-team', '/pool', 'diagnose');
  const said = await told(lifeguard, PEOPLE.alice, 'orders: diagnosis');
  expect(said).toContain('*Most likely:*');
  for (const step of [1, 2, 3, 4, 5]) expect(said).toContain(`*Step ${step}: `);
  expect(lifeguard.messages('backend-team')).toEqual([]);
  expect(await lifeguard.app.store.openCount()).toBe(0);

  await lifeguard.slack.actor.command(PEOPLE.mallory, 'backend-team', '/pool', 'diagnose');
  await told(lifeguard, PEOPLE.mallory, 'only responders may do this');
});

test('`/pool diagnose` with an incident open runs its steps again', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  await openThread(lifeguard);
  await lifeguard.settled();
  await lifeguard.slack.actor.command(PEOPLE.alice, 'backend-team', '/pool', 'diagnose');
  await told(lifeguard, PEOPLE.alice, 'All checks run again');
  const started = await happened(lifeguard, 'StepStarted');
  expect(started.filter((event) => event.run === 2).map((event) => event.step)).toEqual([1, 2, 3, 4, 5]);
});
